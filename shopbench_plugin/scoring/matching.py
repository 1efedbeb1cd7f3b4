"""Which prediction answers which question of the reference.

A prediction belongs to the question with the same `input_field`. Where a text occurs more than once, the first of its
predictions answers the first of its questions, and so on.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from shopbench_plugin.core.evaluators import DEFAULT_EVALUATOR, EVALUATORS
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.formats.predictions import Prediction
from shopbench_plugin.scoring.records import AnsweredQuestion

_EXAMPLES = 2
_EXAMPLE_CHARACTERS = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which predictions and reference disagree: what, how often, and some examples."""

    what: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        """Return the problem in a few words, such as "2 foreign (line 3 '...')"."""
        return f"{self.count} {self.what} ({', '.join(self.examples)})"


@dataclass(frozen=True, slots=True)
class Match:
    """The questions that can be scored, in the reference's order, and what stood in the way of the others."""

    answered: list[AnsweredQuestion]
    problems: list[Problem]


def match_predictions(
    predictions: Sequence[Prediction], questions: Sequence[Question], evaluator_name: str = DEFAULT_EVALUATOR
) -> Match:
    """Pair predictions with questions by text, and list everything that doesn't fit or can't be scored."""
    evaluator = EVALUATORS.find(evaluator_name)
    waiting: dict[str, deque[Prediction]] = defaultdict(deque)
    for prediction in predictions:
        waiting[prediction.text].append(prediction)
    pairs: list[tuple[Question, Prediction]] = []
    missing = []
    for question in questions:
        rows = waiting[question.input_field]
        if rows:
            pairs.append((question, rows.popleft()))
        else:
            missing.append(question)
    left = sorted((row for rows in waiting.values() for row in rows), key=lambda row: row.line)
    reasons = [evaluator.find_problem(question) for question, _ in pairs]
    unusable = _list_unusable([row for _, row in pairs], reasons)
    problems = [_list_missing(missing), *_list_left(left, questions), _list_moved(pairs), *unusable]
    answered = [
        _answer(*pair) for pair, reason in zip(pairs, reasons, strict=True) if _is_text(pair[1]) and reason is None
    ]
    return Match(answered, [problem for problem in problems if problem.count])


def _answer(question: Question, prediction: Prediction) -> AnsweredQuestion:
    row = prediction.row
    raw = row.get("raw")
    details = {name: value for name, value in row.items() if name not in ("input_field", "prediction", "raw")}
    return AnsweredQuestion(question, str(row["prediction"]), raw if isinstance(raw, str) else None, details)


def _is_text(prediction: Prediction) -> bool:
    return isinstance(prediction.row.get("prediction"), str)


def _list_missing(questions: Sequence[Question]) -> Problem:
    return _describe("missing questions", [_quote(question.input_field) for question in questions])


def _list_left(left: Sequence[Prediction], questions: Sequence[Question]) -> list[Problem]:
    known = {question.input_field for question in questions}
    foreign = [_locate(row) for row in left if row.text not in known]
    doubled = [_locate(row) for row in left if row.text in known]
    return [_describe("foreign questions", foreign), _describe("doubled questions", doubled)]


def _list_moved(pairs: Sequence[tuple[Question, Prediction]]) -> Problem:
    """List the predictions that stand before one which the reference puts earlier."""
    moved, furthest = [], 0
    for _, prediction in pairs:
        if prediction.line < furthest:
            moved.append(_locate(prediction))
        furthest = max(furthest, prediction.line)
    return _describe("questions in another order", moved)


def _list_unusable(predictions: Sequence[Prediction], reasons: Sequence[str | None]) -> list[Problem]:
    no_text = [
        f"line {one.line}: {_quote(repr(one.row.get('prediction')))}" for one in predictions if not _is_text(one)
    ]
    counts = Counter(filter(None, reasons))
    return [
        _describe("answers that are no string", no_text),
        *(Problem("questions that cannot be scored", count, (reason,)) for reason, count in counts.items()),
    ]


def _describe(what: str, examples: Sequence[str]) -> Problem:
    more = ["..."] if len(examples) > _EXAMPLES else []
    return Problem(what, len(examples), (*examples[:_EXAMPLES], *more))


def _locate(prediction: Prediction) -> str:
    return f"line {prediction.line}: {_quote(prediction.text)}"


def _quote(text: str) -> str:
    line = " ".join(text.split())
    return f"'{line}'" if len(line) <= _EXAMPLE_CHARACTERS else f"'{line[:_EXAMPLE_CHARACTERS]}...'"
