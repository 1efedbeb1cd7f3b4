"""The evaluator of Shopping MMLU, which reads the same answers differently from the competition's.

Source: skill_wise_eval/metrics.py and skill_evaluation.py of the public repository KL4805/ShoppingMMLU (7b118da),
reimplemented. Equal on every answer except these, on which that code fails or returns NaN:

- a task in which no answer, or no reference, has an entity divides by zero: micro F1 is 0, as in the kit;
- a ranking that names an item below 1 - (number of items) indexes before the list's start: the item gains 0, like one
  beyond the list's end;
- a ranking whose items all have weight 0 returns NaN, which makes the skill's mean NaN: it scores 0.
"""

from collections.abc import Sequence

from shopbench_plugin.core.vocabulary import INDICES_READ, TaskType
from shopbench_plugin.scoring.evaluators.evaluator import Evaluator
from shopbench_plugin.scoring.evaluators.kdd_cup import GENERATION_METRICS
from shopbench_plugin.scoring.metric import PlainMetric, PooledMetric
from shopbench_plugin.scoring.metrics import count_entities, pool_f1, score_hit_rate, score_ndcg
from shopbench_plugin.scoring.parsers import list_integers


def parse_choice(answer: str) -> str:
    """Return the first character after leading spaces, which may be a line break or a bracket."""
    return answer.strip(" ")[:1]


def parse_retrieval(answer: str) -> list[int]:
    """Return the first three comma-separated integers of the whole text, negative ones included."""
    return list_integers(answer)[:INDICES_READ]


def parse_ranking(answer: str) -> list[int]:
    """Return all comma-separated integers of the first line, repeats included."""
    return list_integers(answer.strip("\n").split("\n", maxsplit=1)[0])


def parse_entities(answer: str) -> list[str]:
    """Return the comma-separated parts of the first line; brackets and quotes stay, and blank parts count."""
    line = answer.lstrip("\n").split("\n", maxsplit=1)[0].strip(" ")
    return [part.lower().strip(" ") for part in line.split(",") if part]


def score_choice(choice: str, reference: int | str) -> float:
    """Return 1 if the character is the reference as text, else 0: an option beyond 9 is never right."""
    return float(choice == str(reference))


def score_ranking(ranked: Sequence[int], weights: Sequence[float]) -> float:
    """Return the NDCG of as many numbers as there are items; above 1 if an item is repeated.

    0 and negative numbers count from the list's end, as Python's indexing does.
    """
    beyond = len(weights) + 1
    return score_ndcg([item if item > -len(weights) else beyond for item in ranked], weights)


SHOPPING_MMLU = Evaluator(
    source="skill_wise_eval of KL4805/ShoppingMMLU (7b118da), restated",
    parsers={
        TaskType.MULTIPLE_CHOICE: parse_choice,
        TaskType.RETRIEVAL: parse_retrieval,
        TaskType.RANKING: parse_ranking,
        TaskType.NAMED_ENTITY_RECOGNITION: parse_entities,
        TaskType.GENERATION: str,
    },
    metrics={
        "accuracy": PlainMetric(task_type=TaskType.MULTIPLE_CHOICE, score=score_choice),
        "hit rate@3": PlainMetric(task_type=TaskType.RETRIEVAL, score=score_hit_rate),
        "ndcg": PlainMetric(task_type=TaskType.RANKING, score=score_ranking),
        "micro f1": PooledMetric(task_type=TaskType.NAMED_ENTITY_RECOGNITION, count=count_entities, pool=pool_f1),
        **GENERATION_METRICS,
    },
)
