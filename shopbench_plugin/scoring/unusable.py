"""Counts the answers that the model, the server or the engine left unusable, by the rows' finish reasons."""

from collections import Counter
from collections.abc import Iterable, Mapping

from shopbench_plugin.scoring.evaluation import Evaluation
from shopbench_plugin.scoring.records import ScoredAnswer

_MEANINGS = {
    "length": "cut off at the token budget",
    "deadline": "out of time",
    "too-long": "not asked: the question is longer than the model's context",
    "refused": "refused by the server",
    "not-finite": "the model computed NaN or infinity",
    "undecided": "the model scored all tokens alike: the constraint alone chose",
}


def list_notes(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """Return what qualifies the scores, each after its run's name if it has one."""
    return [
        f"{name}: {note}" if name else note
        for name, evaluation in evaluations.items()
        for note in (*evaluation.notes, *_describe_unusable(evaluation.answers))
    ]


def _describe_unusable(answers: Iterable[ScoredAnswer]) -> list[str]:
    """Return a sentence per finish reason except "stop", and one for the answers in which the model wrote nothing."""
    reasons: Counter[str] = Counter()
    empty: Counter[str] = Counter()
    total = 0
    for answer in answers:
        total += 1
        reason = answer.answered.finish_reason
        if reason not in (None, "stop"):
            reasons[str(reason)] += 1
        if answer.answered.raw is not None and not answer.answered.raw.strip():
            empty[reason or "unknown"] += 1
    notes = [
        f"{count} of {total} answers ended with '{reason}'" + (f" ({_MEANINGS[reason]})" if reason in _MEANINGS else "")
        for reason, count in reasons.most_common()
    ]
    if empty:
        parts = ", ".join(f"{reason} {count}" for reason, count in empty.most_common())
        notes.append(f"{empty.total()} of {total} answers have no text from the model (by finish reason: {parts})")
    return notes
