"""`shopbench evaluate-ecinstruct`: eCeLLM's metrics over ECInstruct rows."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from shopbench_plugin.cli.convert import parse_splits
from shopbench_plugin.cli.tables import print_tables
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.table import Table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from shopbench_plugin.core.prediction import Prediction
    from shopbench_plugin.ecinstruct.rows import Row
    from shopbench_plugin.scoring.ecinstruct import EcInstructAnswer, EcInstructScore

_CHECKED_CHARACTERS = 40


class _Reference(NamedTuple):
    """A reference row with its file and number, for messages."""

    place: str
    row: "Row"


def evaluate_ecinstruct(
    predictions: Annotated[
        Path,
        typer.Option(
            help="Output of `shopbench predict --input REFERENCE`, or LlamaFactory's generated_predictions.jsonl: one "
            "row per reference row, or per scored row."
        ),
    ],
    reference: Annotated[str, typer.Option(help="ECInstruct rows: a file, or a folder of TASK/SETTING/test.json.")],
    splits: Annotated[
        str | None,
        typer.Option(
            help="Splits to score, comma-separated. The default is test if any row has it, as in eCeLLM's tables, "
            "else all. The rows left out are counted below the table."
        ),
    ] = None,
    esci_labels: Annotated[
        Path | None,
        typer.Option(help="eCeLLM's label.json: the labels (E, S, C, I) of each scored ranking's items, in order."),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option("--json", help="Write the scores to this JSON file, by TASK/SETTING, or by TASK without one."),
    ] = None,
) -> None:
    """Score answers to ECInstruct rows as eCeLLM's tables do: per task and setting."""
    from shopbench_plugin.scoring.ecinstruct import score_ecinstruct
    from shopbench_plugin.storage.files import write_json_file
    from shopbench_plugin.storage.paths import check_places

    check_places([predictions, reference, esci_labels], [json])
    rows = list(_read_rows(reference))
    chosen = _choose_splits(rows, parse_splits(splits), reference)
    pairs = _match(rows, chosen, predictions)
    scores = score_ecinstruct(_make_answers(pairs, esci_labels))
    if json is not None:
        write_json_file(json, _list_scores(scores))
    print_tables(_make_table(scores), notes=_list_left(rows, chosen))


def _read_rows(reference: str) -> "Iterator[_Reference]":
    from converters.forms.ecinstruct import read_row
    from converters.sources.blocks import number_rows, parse_record
    from converters.sources.opening import read_source
    from shopbench_plugin.ecinstruct.rows import RowError

    for place, raw, defaults in number_rows(read_source(reference)):
        try:
            record = parse_record(raw, defaults)
            if record is not None:
                yield _Reference(place, read_row(record))
        except RowError as error:
            raise ShopBenchError(f"{place}: {error}; fix or remove the row") from error


def _choose_splits(rows: "Sequence[_Reference]", asked: "Collection[str]", reference: str) -> "Collection[str]":
    """Return the splits to score: those asked for, else test if the rows have it, else all of theirs."""
    found = list(dict.fromkeys(one.row.split for one in rows))
    if not asked:
        return ["test"] if "test" in found else found
    if not set(asked) & set(found):
        raise ShopBenchError(f"{reference}: no row is in --splits {','.join(asked)}; the rows are in {','.join(found)}")
    return asked


def _list_left(rows: "Sequence[_Reference]", chosen: "Collection[str]") -> list[str]:
    """Return a sentence on the rows that were not scored; empty if all were."""
    left = Counter(one.row.split for one in rows if one.row.split not in chosen)
    if not left:
        return []
    parts = " and ".join(f"{count:,} of {split}" for split, count in left.items())
    return [f"left out: {left.total():,} of {len(rows):,} rows, {parts}; choose others with --splits"]


def _match(rows: "Sequence[_Reference]", chosen: "Collection[str]", path: Path) -> "list[tuple[_Reference, str]]":
    """Pair the rows to score with their answers by position, since ECInstruct repeats questions in several wordings.

    Attribute-value answers are scored as the model wrote them: the challenge has no answers of that form.
    """
    from shopbench_plugin.ecinstruct.rows import Layout

    scored = [one for one in rows if one.row.split in chosen]
    predictions = _read_answers(path, rows)
    asked = rows if len(predictions) == len(rows) else scored
    predictions = predictions if asked is rows else _read_answers(path, scored)
    if len(predictions) != len(asked):
        part = f", {len(scored)} of them in split {','.join(chosen)}" if len(scored) < len(rows) else ""
        raise ShopBenchError(
            f"{path}: {len(predictions)} answers for {len(rows)} reference rows{part}; answer each row once"
        )
    pairs = []
    for (line, prediction), one in zip(predictions.items(), asked, strict=True):
        if not prediction.has_answer:
            value = prediction.others["prediction"]
            raise ShopBenchError(f"{path}:{line}: 'prediction' is {value!r:.60}; it must be a string")
        if one.row.input[:_CHECKED_CHARACTERS] not in prediction.question.input_field:
            raise ShopBenchError(f"{path}:{line}: answers a different row than the reference has at this position")
        if one.row.split in chosen:
            is_raw = one.row.task.layout is Layout.VALUES and prediction.raw is not None
            pairs.append((one, str(prediction.raw) if is_raw else prediction.prediction))
    return pairs


def _read_answers(path: Path, asked: "Sequence[_Reference]") -> "Mapping[int, Prediction]":
    from shopbench_plugin.core.vocabulary import Question
    from shopbench_plugin.ecinstruct.columns import state_input
    from shopbench_plugin.formats.predictions import read_predictions

    texts = (f"{one.row.instruction}\n{state_input(one.row.input, one.row.options)}" for one in asked)
    return read_predictions(path, [Question(text) for text in texts])


def _make_answers(pairs: "Sequence[tuple[_Reference, str]]", esci_labels: Path | None) -> "list[EcInstructAnswer]":
    """Return the answers, those of rankings with their items' ESCI labels, which eCeLLM lists in the same order."""
    from shopbench_plugin.ecinstruct.rows import Measure
    from shopbench_plugin.scoring.ecinstruct import EcInstructAnswer

    rankings = [one for one, _ in pairs if one.row.task.measure is Measure.NDCG]
    labels = {} if esci_labels is None else _read_labels(esci_labels, rankings)
    return [
        EcInstructAnswer(one.row.task.name, one.row.setting, one.row.output, text, labels.get(one.place, ()))
        for one, text in pairs
    ]


def _read_labels(path: Path, rankings: "Sequence[_Reference]") -> dict[str, tuple[str, ...]]:
    """Return the labels by the place of their ranking."""
    import orjson

    try:
        lists = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ShopBenchError(f"{path}: cannot be read ({error}); pass eCeLLM's data_label/label.json") from error
    if not isinstance(lists, list) or len(lists) != len(rankings):
        raise ShopBenchError(f"{path}: must be a list of {len(rankings)} lists of labels, one per ranking")
    for one, labels in zip(rankings, lists, strict=True):
        if not isinstance(labels, list) or not set(map(str, labels)) <= set("ESCI"):
            raise ShopBenchError(f"{path}: {labels!r:.60} is not a list of the labels E, S, C and I")
        items = len(one.row.output.split(","))
        if len(labels) != items:
            raise ShopBenchError(
                f"{path}: {len(labels)} labels for the {items} items of {one.place}; list one per item"
            )
    return {one.place: tuple(labels) for one, labels in zip(rankings, lists, strict=True)}


def _list_scores(scores: "Mapping[tuple[str, str], EcInstructScore]") -> dict[str, dict[str, object]]:
    from dataclasses import asdict

    return {
        f"{task}/{setting}" if setting else task: {"task": task, "setting": setting, **asdict(score)}
        for (task, setting), score in scores.items()
    }


def _make_table(scores: "Mapping[tuple[str, str], EcInstructScore]") -> Table:
    rows = []
    for (task, setting), score in scores.items():
        if score.reason:
            rows.append([task, setting, "not scored", score.reason, str(score.questions), ""])
        for metric, value in score.metrics.items():
            rows.append([task, setting, metric, f"{value:.3f}", str(score.questions), str(score.invalid)])
    columns = ["task", "setting", "metric", "score", "questions", "invalid"]
    return Table("ECInstruct, by eCeLLM's metrics", columns, rows)
