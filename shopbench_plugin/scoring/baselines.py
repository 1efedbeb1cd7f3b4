"""Scores of a constant baseline, which answers every question of a task the same way."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import permutations

from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.core.vocabulary import INDICES_READ, RANKED_READ, Question, TaskType
from shopbench_plugin.scoring.aggregation import score_task
from shopbench_plugin.scoring.answers import score_answers
from shopbench_plugin.scoring.evaluation import Evaluation, evaluate
from shopbench_plugin.scoring.records import ScoringSettings

_DIGITS = 10
_MAX_TEXTS = 200
_FEWEST_TEXTS = 10
_MAX_SCORED = 20_000
"""Texts times questions of a task: ROUGE-L scores a few thousand per second."""


def best_constant_answers(
    questions: Iterable[Question], settings: ScoringSettings | None = None
) -> dict[str, tuple[str, float]]:
    """Return each task's best constant answer with its score; ties go to the first candidate.

    The candidates are all digits for a multiple choice, all orders of five for a ranking, the three most rewarding
    numbers for a retrieval, and the first distinct references for texts and lists of entities: 200, fewer in a task of
    more than 100 questions. A task whose embedding model is unavailable is left out.
    """
    tasks: dict[str, list[Question]] = {}
    for question in questions:
        tasks.setdefault(str(question.task_name), []).append(question)
    best = {name: _find_best(group, settings or ScoringSettings()) for name, group in tasks.items()}
    return {name: found for name, found in best.items() if found is not None}


def evaluate_constant_answers(evaluation: Evaluation) -> Evaluation:
    """Return the evaluation of a model that answers the same questions with their tasks' best constant answers.

    If a task has none, its answers are empty.
    """
    questions = [answer.answered.question for answer in evaluation.answers]
    best = best_constant_answers(questions, evaluation.settings)
    answered = [Prediction(one, best.get(str(one.task_name), ("", 0.0))[0]) for one in questions]
    return evaluate(answered, evaluation.settings)


def _find_best(questions: Sequence[Question], settings: ScoringSettings) -> tuple[str, float] | None:
    candidates = _list_candidates(questions)
    answered = [Prediction(question, candidate) for candidate in candidates for question in questions]
    scored = score_answers(answered, settings)
    size = len(questions)
    scores = [score_task(scored[start : start + size]) for start in range(0, len(scored), size)]
    known = [(score, -place) for place, score in enumerate(scores) if score is not None]
    if not known:
        return None
    score, place = max(known)
    return candidates[-place], score


def _list_candidates(questions: Sequence[Question]) -> list[str]:
    """Return the answers worth trying, distinct and in a fixed order."""
    candidates: dict[str, None] = {}
    most = min(_MAX_TEXTS, max(_FEWEST_TEXTS, _MAX_SCORED // len(questions)))
    for task_type in dict.fromkeys(question.task_type for question in questions):
        references = [question.output_field for question in questions if question.task_type is task_type]
        match task_type:
            case TaskType.MULTIPLE_CHOICE:
                found = [str(digit) for digit in range(_DIGITS)]
            case TaskType.RANKING:
                found = [",".join(map(str, order)) for order in permutations(range(1, RANKED_READ + 1))]
            case TaskType.RETRIEVAL:
                found = [_pick_numbers([reference for reference in references if isinstance(reference, list)])]
            case TaskType.NAMED_ENTITY_RECOGNITION:
                found = [", ".join(map(str, _as_list(reference))) for reference in references]
            case _:
                found = [str(text) for reference in references for text in _as_list(reference)]
        candidates |= dict.fromkeys(list(dict.fromkeys(found))[:most])
    return list(candidates)


def _pick_numbers(references: Iterable[Sequence[object]]) -> str:
    """Return the three numbers with the highest hit rate, which is additive, so that each is scored alone."""
    rewards: defaultdict[object, float] = defaultdict(float)
    for reference in references:
        for number in set(reference):
            rewards[number] += 1 / len(reference)
    best = sorted(rewards, key=lambda number: (-rewards[number], str(number)))[:INDICES_READ]
    return ",".join(map(str, best))


def _as_list(reference: object) -> Sequence[object]:
    return reference if isinstance(reference, list) else [reference]
