"""Counts invalid answers: those that the evaluator can't read or the question doesn't allow."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from shopbench_plugin.core.evaluators import DEFAULT_EVALUATOR, EVALUATORS
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.core.vocabulary import INDICES_READ, RANKED_READ, AnswerSpace, Question, TaskType
from shopbench_plugin.postprocess.spans import contains
from shopbench_plugin.routing import route_question
from shopbench_plugin.scoring.parsers import Parsed, is_unparsable
from shopbench_plugin.scoring.records import Interval, ScoringSettings


@dataclass(frozen=True, slots=True)
class InvalidAnswers:
    """The number of invalid answers, of how many, and the confidence interval of their share."""

    count: int
    questions: int
    interval: Interval


def count_invalid(answered: Iterable[Prediction], settings: ScoringSettings) -> InvalidAnswers:
    """Count the answers whose `prediction` is invalid."""
    verdicts = [is_invalid(one.question, one.prediction, settings.evaluator) for one in answered]
    count = sum(verdicts)
    return InvalidAnswers(count, len(verdicts), find_share_interval(count, len(verdicts), settings.confidence))


def is_invalid(question: Question, answer: str, evaluator: str = DEFAULT_EVALUATOR) -> bool:
    """Return whether the evaluator's parser finds nothing in `answer`, or something that the question doesn't allow.

    What counts is what the parser reads, not the whole text: "2) the pan" is a valid choice, because the evaluator
    looks at its first character, and "The answer is 2" is not. The question allows:

    - multiple choice: one of its labels;
    - ranking: its items, each once (the parser reads five);
    - retrieval: different items of its list, as many as requested (the parser reads three), at least one;
    - named entities: parts of the query, if the question has one, in upper or lower case;
    - generation: a part of the passage if the question asks for an extract, else any text.

    The answer space is read for the development set's task type, so that a question with a wrong routing is measured
    like any other.
    """
    routed = route_question(question, question.task_type)
    parsed = EVALUATORS.find(evaluator).parse(routed.task_type, answer)
    return is_unparsable(parsed) or not _allows(routed.task_type, routed.answer_space, parsed)


def find_share_interval(count: int, total: int, confidence: float) -> Interval:
    """Return Wilson's interval for a share of `count` in `total`, which has a width at 0 and at 1 too."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = count / total, 1 + z * z / total
    centre = (share + z * z / (2 * total)) / weight
    reach = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / weight
    return Interval(max(0.0, centre - reach), min(1.0, centre + reach))


def _allows(task_type: TaskType, space: AnswerSpace, parsed: Parsed) -> bool:
    match task_type, parsed:
        case TaskType.MULTIPLE_CHOICE, _:
            return not space.labels or str(parsed) in space.labels
        case TaskType.RANKING, list():
            return _are_items(parsed, space, least=min(len(space.labels), RANKED_READ))
        case TaskType.RETRIEVAL, list():
            return _are_items(parsed, space, least=min(space.count or 1, INDICES_READ))
        case _, list():
            return all(_is_part(str(entity), space) for entity in parsed)
        case _:
            return _is_part(str(parsed), space)


def _are_items(parsed: list[int] | list[str], space: AnswerSpace, least: int) -> bool:
    items = {str(item) for item in parsed}
    return len(parsed) == len(items) >= least and (not space.labels or items <= set(space.labels))


def _is_part(text: str, space: AnswerSpace) -> bool:
    return space.passage is None or contains(space.passage, text)
