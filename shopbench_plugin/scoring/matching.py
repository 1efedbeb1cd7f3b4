"""Matches predictions with the questions of the reference.

A prediction belongs to the question with the same `input_field`. If a text occurs more than once, the first of its
predictions answers the first of its questions, and so on.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shopbench_plugin.core.evaluators import DEFAULT_EVALUATOR, EVALUATORS
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.core.vocabulary import Question

_EXAMPLES = 2
_EXAMPLE_CHARACTERS = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which predictions and reference disagree: what, how often, and some examples."""

    what: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        """Return a short description, such as "2 foreign (line 3 '...')"."""
        return f"{self.count} {self.what} ({', '.join(self.examples)})"


@dataclass(frozen=True, slots=True)
class Match:
    """The questions that can be scored, in the reference's order, and the problems of the others."""

    answered: list[Prediction]
    problems: list[Problem]


def match_predictions(
    predictions: Mapping[int, Prediction], questions: Sequence[Question], evaluator_name: str = DEFAULT_EVALUATOR
) -> Match:
    """Pair predictions, by line, with questions by text, and list everything that doesn't fit or can't be scored."""
    evaluator = EVALUATORS.find(evaluator_name)
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for line, prediction in predictions.items():
        waiting[prediction.question.input_field].append(line)
    paired: dict[int, Prediction] = {}
    missing = []
    for question in questions:
        lines = waiting[question.input_field]
        if lines:
            line = lines.popleft()
            paired[line] = replace(predictions[line], question=question)
        else:
            missing.append(question)
    left = {line: prediction for line, prediction in predictions.items() if line not in paired}
    reasons = [evaluator.find_problem(one.question) for one in paired.values()]
    problems = [
        _describe("missing questions", [_quote(question.input_field) for question in missing]),
        *_list_left(left, questions),
        _list_moved(paired),
        *_list_unusable(paired, reasons),
    ]
    answered = [one for one, reason in zip(paired.values(), reasons, strict=True) if one.has_answer and reason is None]
    return Match(answered, [problem for problem in problems if problem.count])


def _list_left(left: Mapping[int, Prediction], questions: Sequence[Question]) -> list[Problem]:
    known = {question.input_field for question in questions}
    foreign = [_locate(line, one) for line, one in left.items() if one.question.input_field not in known]
    doubled = [_locate(line, one) for line, one in left.items() if one.question.input_field in known]
    return [_describe("foreign questions", foreign), _describe("doubled questions", doubled)]


def _list_moved(paired: Mapping[int, Prediction]) -> Problem:
    """List the predictions that come before one that the reference lists earlier."""
    moved, furthest = [], 0
    for line, prediction in paired.items():
        if line < furthest:
            moved.append(_locate(line, prediction))
        furthest = max(furthest, line)
    return _describe("questions in another order", moved)


def _list_unusable(paired: Mapping[int, Prediction], reasons: Sequence[str | None]) -> list[Problem]:
    no_text = [
        f"line {line}: {_quote(repr(one.others['prediction']))}" for line, one in paired.items() if not one.has_answer
    ]
    counts = Counter(filter(None, reasons))
    return [
        _describe("answers that are not strings", no_text),
        *(Problem("questions that cannot be scored", count, (reason,)) for reason, count in counts.items()),
    ]


def _describe(what: str, examples: Sequence[str]) -> Problem:
    more = ["..."] if len(examples) > _EXAMPLES else []
    return Problem(what, len(examples), (*examples[:_EXAMPLES], *more))


def _locate(line: int, prediction: Prediction) -> str:
    return f"line {line}: {_quote(prediction.question.input_field)}"


def _quote(text: str) -> str:
    line = " ".join(text.split())
    return f"'{line}'" if len(line) <= _EXAMPLE_CHARACTERS else f"'{line[:_EXAMPLE_CHARACTERS]}...'"
