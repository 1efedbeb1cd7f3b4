"""The ablation's tables, for both the HTML report and the Markdown file."""

from collections.abc import Iterable

from shopbench_plugin.ablation.run import Ablation, VariantResult
from shopbench_plugin.ablation.speed import BATCH_SIZE
from shopbench_plugin.ablation.validity import InvalidAnswers
from shopbench_plugin.core.table import Table
from shopbench_plugin.scoring.aggregation import Group, GroupKind
from shopbench_plugin.scoring.baselines import evaluate_constant_answers
from shopbench_plugin.scoring.comparison import Comparison, Difference, Verdict, describe_p_value

_EVERYTHING = Group(GroupKind.OVERALL)


def make_tables(ablation: Ablation) -> list[Table]:
    """Return the table of the rows, the same by task type, what each row changes, and what the columns mean."""
    return [
        _make_summary(ablation),
        _make_type_table(ablation),
        _make_change_table(ablation),
        _make_column_table(ablation.settings.scoring.confidence),
    ]


def list_notes(ablation: Ablation) -> list[str]:
    """Return one sentence for the score of constant answers and per thing that the tables leave out."""
    notes = [
        f"{variant.name}: the row is left out because {variant.find_obstacle(ablation.settings)}."
        for variant in ablation.left_out
    ]
    full_system = ablation.results[0].evaluation
    constant = evaluate_constant_answers(full_system)
    best = f"Best constant answer of each task, chosen with the references: {constant.overall.describe()}."
    return [*notes, best, *full_system.notes]


def _make_summary(ablation: Ablation) -> Table:
    columns = (
        *("variant", "score", "against the full system", "p", "verdict"),
        *("invalid as written", "invalid as scored", "questions per second"),
    )
    return Table(
        "What each part is worth", columns, [[result.variant.name, *_summarize(result)] for result in ablation.results]
    )


def _summarize(result: VariantResult) -> Iterable[str]:
    yield result.evaluation.overall.describe_with_interval()
    difference = _find_difference(result.comparison, _EVERYTHING)
    if difference is None:
        yield from ("", "", "")
    else:
        yield difference.describe_with_interval()
        yield describe_p_value(difference.p_value)
        yield difference.verdict.value
    yield _describe_invalid(result.invalid_written)
    yield _describe_invalid(result.invalid_scored)
    yield f"{result.speed.rate:.1f} ({result.speed.interval:.1f})" if result.speed else "not timed"


def _make_type_table(ablation: Ablation) -> Table:
    types = list(ablation.results[0].evaluation.totals.task_types)
    rows = [
        [result.variant.name, *(_describe_type(result, Group(GroupKind.TASK_TYPE, name)) for name in types)]
        for result in ablation.results
    ]
    return Table("By task type", ["variant", *types], rows)


def _make_change_table(ablation: Ablation) -> Table:
    rows = [
        (result.variant.name, result.variant.change, result.variant.find_model(ablation.settings))
        for result in ablation.results
    ]
    return Table("What each row changes", ["variant", "change", "model"], rows)


def _make_column_table(confidence: float) -> Table:
    meanings = {
        "score": f"from 0 to 1; in brackets, its range in {confidence:.0%} of other sets of such questions",
        "against the full system": "the difference in score, question by question",
        "p": "how often chance alone produces a difference this large",
        "verdict": "the conclusion for the row; 'cannot tell' means that there are too few questions to decide",
        "invalid as written": "answers in which the evaluator's parser finds nothing, or nothing the question allows",
        "invalid as scored": "the same after post-processing, in rows that have it",
        "questions per second": f"of the loaded, warm model in batches of {BATCH_SIZE}, under this machine's load",
    }
    return Table("What the columns mean", ["column", "meaning"], list(meanings.items()))


def _describe_type(result: VariantResult, group: Group) -> str:
    difference = _find_difference(result.comparison, group)
    is_told = difference is not None and difference.verdict is not Verdict.CANNOT_TELL
    verdict = f", {difference.verdict.value}" if difference is not None and is_told else ""
    return result.evaluation.totals.groups[group].describe_with_interval() + verdict


def _find_difference(comparison: Comparison | None, group: Group) -> Difference | None:
    return None if comparison is None else comparison.differences.get(group)


def _describe_invalid(invalid: InvalidAnswers) -> str:
    return f"{invalid.count} of {invalid.questions} ({invalid.interval:.1%})"
