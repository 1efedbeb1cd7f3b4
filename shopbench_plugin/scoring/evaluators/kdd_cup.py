"""The evaluator of the Amazon KDD Cup 2024: the starter kit's parsers and metrics, quirks included."""

from functools import partial
from typing import Any

from shopbench_plugin.core.embedding_models import ENGLISH_MODEL, MULTILINGUAL_MODEL
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.scoring.evaluators.evaluator import Evaluator
from shopbench_plugin.scoring.metric import EmbeddingMetric, Metric, PlainMetric, PooledMetric
from shopbench_plugin.scoring.metrics import count_entities, pool_f1, score_choice, score_hit_rate, score_ndcg
from shopbench_plugin.scoring.parsers import parse_answer
from shopbench_plugin.scoring.text_metrics import score_bleu, score_rouge_l


def _refuse_letters(reference: Any) -> str | None:
    return None if isinstance(reference, int) else "needs an integer reference, since the evaluator reads numbers"


def refuse_lists(reference: Any) -> str | None:
    """Return why a list of references can't be scored, None for a single one."""
    return None if isinstance(reference, str) else "needs a single text as its reference, not a list"


GENERATION_METRICS: dict[str, Metric] = {
    "rougel": PlainMetric(task_type=TaskType.GENERATION, score=score_rouge_l, find_problem=refuse_lists),
    "bleu": PlainMetric(task_type=TaskType.GENERATION, score=score_bleu, find_problem=refuse_lists),
    "jp-bleu": PlainMetric(
        task_type=TaskType.GENERATION, score=partial(score_bleu, is_japanese=True), find_problem=refuse_lists
    ),
    "sent-transformer": EmbeddingMetric(task_type=TaskType.GENERATION, model=ENGLISH_MODEL),
    # This model is only on the hub: a machine without a network still scores everything else.
    "multilingual-sent-transformer": EmbeddingMetric(
        task_type=TaskType.GENERATION, model=MULTILINGUAL_MODEL, is_optional=True
    ),
}

KDD_CUP = Evaluator(
    source="parsers.py 0.1.1 of the Amazon KDD Cup 2024 starter kit, restated",
    parsers={task_type: partial(parse_answer, task_type) for task_type in TaskType},
    metrics={
        "accuracy": PlainMetric(task_type=TaskType.MULTIPLE_CHOICE, score=score_choice, find_problem=_refuse_letters),
        "hit rate@3": PlainMetric(task_type=TaskType.RETRIEVAL, score=score_hit_rate),
        "ndcg": PlainMetric(task_type=TaskType.RANKING, score=score_ndcg),
        "micro f1": PooledMetric(task_type=TaskType.NAMED_ENTITY_RECOGNITION, count=count_entities, pool=pool_f1),
        **GENERATION_METRICS,
    },
)
