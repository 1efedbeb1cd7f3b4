"""ECInstruct's own test metrics, to compare a model with eCeLLM's published tables.

Source: evaluate.py of the public repository ninglab/eCeLLM (f364c18), quirks included: an answer that is not a valid
label is left out of accuracy, F1 and recall@1 and counted separately; NDCG is normalised over the items answered;
attribute F1 and NDCG have a small constant in their denominators. Answer_Generation's metrics, BERTScore and BLEURT,
need models from the hub that this project does not use, so that task is not scored.

Rows in the project's converted form (numbers for letters) are scored alike: the reference shows which labels are valid.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopbench_plugin.ecinstruct.rows import Measure
from shopbench_plugin.ecinstruct.tasks import find_task
from shopbench_plugin.scoring.metrics import discount_gains

GAINS = {"E": 1.0, "S": 0.1, "C": 0.01, "I": 0.0}
"""The gain of the ESCI labels exact, substitute, complement and irrelevant in a ranking."""

_DENOMINATOR = 1e-6
_LETTERS = "ABCDEFGHIJKLMNOPQRST"
_CLASSES = 5


@dataclass(frozen=True, slots=True)
class EcInstructAnswer:
    """A row's reference and what a model answered.

    Attributes:
        task: the task's name, one of ECInstruct's (see `ecinstruct.tasks`).
        setting: the row's, such as "OOD_Diverse_Instruction"; out of domain, attributes are compared more loosely.
        reference: the row's `output`.
        prediction: the model's answer.
        esci: the ESCI label of each item of a ranking, in the order of its list; empty if unknown.
    """

    task: str
    setting: str
    reference: str
    prediction: str
    esci: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EcInstructScore:
    """A task's metrics by name, the number of rows, and the number of invalid answers.

    If the task can't be scored, `metrics` is empty and `reason` says why.
    """

    metrics: Mapping[str, float]
    questions: int
    invalid: int
    reason: str = ""


def score_ecinstruct(answers: Sequence[EcInstructAnswer]) -> dict[tuple[str, str], EcInstructScore]:
    """Return the score of each task in each of its settings, as eCeLLM's tables do, in order of first appearance."""
    tasks: dict[str, dict[str, list[EcInstructAnswer]]] = {}
    for answer in answers:
        tasks.setdefault(answer.task, {}).setdefault(answer.setting, []).append(answer)
    return {
        (task, setting): _SCORERS[find_task(task).measure](group)
        for task, settings in tasks.items()
        for setting, group in settings.items()
    }


def score_classes(answers: Sequence[EcInstructAnswer]) -> EcInstructScore:
    """Score a choice by the stripped answer's first character, one of five labels: accuracy and macro F1."""
    pairs = [
        (answer.reference[0], answer.prediction.strip()[0])
        for answer in answers
        if answer.prediction.strip()[:1] in _list_labels(answer.reference, _CLASSES)
    ]
    macro = [_compute_label_f1(pairs, label) for label in sorted({label for pair in pairs for label in pair})]
    metrics = {"accuracy": _compute_accuracy(pairs), "macro F1": sum(macro) / len(macro) if macro else 0.0}
    return EcInstructScore(metrics, len(answers), len(answers) - len(pairs))


def score_yes_no(answers: Sequence[EcInstructAnswer]) -> EcInstructScore:
    """Score a yes or no, in lower case: accuracy and the F1 of yes."""
    said = [(answer.reference, answer.prediction.lower().strip()) for answer in answers]
    pairs = [pair for pair in said if pair[1] in ("yes", "no")]
    metrics = {"accuracy": _compute_accuracy(pairs), "F1": _compute_label_f1(pairs, "yes")}
    return EcInstructScore(metrics, len(answers), len(answers) - len(pairs))


def score_recommendation(answers: Sequence[EcInstructAnswer]) -> EcInstructScore:
    """Score a recommendation, whose whole stripped answer must be one of twenty labels: recall@1."""
    said = [(answer.reference, answer.prediction.strip()) for answer in answers]
    pairs = [pair for pair in said if pair[1] in _list_labels(pair[0], len(_LETTERS))]
    return EcInstructScore({"recall@1": _compute_accuracy(pairs)}, len(answers), len(answers) - len(pairs))


def score_ranking(answers: Sequence[EcInstructAnswer]) -> EcInstructScore:
    """Score rankings by NDCG, gains by ESCI label; places that don't name an item are left out, counted as invalid."""
    if not all(answer.esci for answer in answers):
        return EcInstructScore({}, len(answers), 0, "the rows do not have their items' ESCI labels")
    total, invalid = 0.0, 0
    for answer in answers:
        labels = _list_labels(answer.reference, len(answer.esci))
        places = [part[:1] for part in answer.prediction.strip().split(",")]
        gains = [GAINS[answer.esci[labels.index(place)]] for place in places if place in labels]
        invalid += len(places) - len(gains)
        total += discount_gains(gains) / (discount_gains(sorted(gains, reverse=True)) + _DENOMINATOR)
    return EcInstructScore({"NDCG": total / len(answers)}, len(answers), invalid)


def score_attributes(answers: Sequence[EcInstructAnswer]) -> EcInstructScore:
    """Score lists of attribute, value and source by micro F1 over all rows.

    A triple counts if it equals the reference's; out of domain also if the attribute is the same, and value and source
    each contain the reference's or are contained in it. A reference triple without value or source is never matched.
    """
    parsed = [_parse_list(answer.prediction) for answer in answers]
    hits = wanted = given = 0
    for answer, triples in zip(answers, parsed, strict=True):
        labels = _parse_list(answer.reference) or []
        wanted += len(labels)
        given += len(triples or [])
        is_loose = "OOD" in answer.setting
        hits += sum(_agree(triple, label, is_loose=is_loose) for label in labels for triple in triples or [])
    recall, precision = hits / max(wanted, 1), hits / (given + _DENOMINATOR)
    metrics = {
        "precision": precision,
        "recall": recall,
        "F1": 2 * recall * precision / (recall + precision + _DENOMINATOR),
    }
    return EcInstructScore(metrics, len(answers), parsed.count(None))


def _refuse_generation(answers: Sequence[EcInstructAnswer]) -> EcInstructScore:
    return EcInstructScore({}, len(answers), 0, "BERTScore and BLEURT need models that are not part of this project")


_SCORERS: dict[Measure, Callable[[Sequence[EcInstructAnswer]], EcInstructScore]] = {
    Measure.CLASSES: score_classes,
    Measure.YES_NO: score_yes_no,
    Measure.RECALL: score_recommendation,
    Measure.NDCG: score_ranking,
    Measure.ATTRIBUTES: score_attributes,
    Measure.NONE: _refuse_generation,
}


def _list_labels(reference: str, count: int) -> list[str]:
    """Return the valid labels: the first letters, or numbers if the reference is written in numbers."""
    if reference[:1].isdigit():
        return [str(number) for number in range(count)]
    return list(_LETTERS[:count])


def _compute_accuracy(pairs: Sequence[tuple[str, str]]) -> float:
    return sum(reference == answer for reference, answer in pairs) / max(len(pairs), 1)


def _compute_label_f1(pairs: Sequence[tuple[str, str]], label: str) -> float:
    counts = Counter((reference == label, answer == label) for reference, answer in pairs)
    found = counts[True, True]
    return 2 * found / max(2 * found + counts[True, False] + counts[False, True], 1)


def _parse_list(text: str) -> list[dict[str, Any]] | None:
    """Return the JSON objects of a list that name an attribute: [] for other JSON, None if it is not JSON."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [one for one in found if isinstance(one, dict) and "attribute" in one] if isinstance(found, list) else []


def _agree(triple: dict[str, Any], label: dict[str, Any], *, is_loose: bool) -> bool:
    if not {"value", "source"} <= triple.keys() & label.keys() or triple["attribute"] != label["attribute"]:
        return False
    if triple["value"] == label["value"] and triple["source"] == label["source"]:
        return True
    return is_loose and all(
        triple[name] is not None and _overlap(str(triple[name]), str(label[name])) for name in ("value", "source")
    )


def _overlap(one: str, other: str) -> bool:
    return one in other or other in one
