"""Scoring in batches against the evaluator's way, one answer at a time: same values, seconds for each kind of metric.

    HF_HUB_OFFLINE=1 python benchmarks/bench_scoring.py --rows 20000 --embedding-rows 200 [--json FILE]

The slow side does per answer what the starter kit's parsers.py and metrics.py do, written out in official_scoring.py.
"""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from shopbench_plugin.core.embedding_models import ENGLISH_MODEL
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.scoring import ScoringSettings, score_answers
from shopbench_plugin.scoring.aggregation import aggregate
from shopbench_plugin.scoring.encoders import load_encoder
from shopbench_plugin.scoring.text_metrics import score_bleu, score_rouge_l
from shopbench_plugin.scoring.uncertainty import add_intervals

from figures import Figure, make_table, write_figures
from official_scoring import score_officially

_WORDS = (
    "soft",
    "blue",
    "wool",
    "scarves",
    "with",
    "long",
    "fringes",
    "for",
    "cold",
    "days",
    "and",
    "matching",
    "hats",
)
_JAPANESE = ("柔らかい", "青い", "ウールの", "マフラー", "冬に", "暖かい", "帽子", "付きの", "贈り物")
_TOLERANCE = 1e-6


def main(  # noqa: PLR0913, PLR0917  an argument for each option
    rows: Annotated[int, typer.Option(help="Answers that need no text metric.")] = 20_000,
    text_rows: Annotated[int, typer.Option(help="Answers scored with ROUGE-L, and as many with BLEU.")] = 2_000,
    japanese_rows: Annotated[int, typer.Option(help="Answers scored with Japanese BLEU.")] = 200,
    embedding_rows: Annotated[int, typer.Option(help="Answers compared by embeddings.")] = 200,
    seed: Annotated[int, typer.Option(help="What the answers are drawn from.")] = 0,
    json: Annotated[Path | None, typer.Option(help="Write the figures there too.")] = None,
) -> None:
    """Print a table of both ways; fail where their values differ by more than 1e-6."""
    generator = random.Random(seed)
    load_encoder(ENGLISH_MODEL).encode(["warm up"])
    score_rouge_l("warm up", "warm up")
    score_bleu("warm up", "warm up", is_japanese=True)
    kinds = {
        "no text metric": [_draw_short(generator, place) for place in range(rows)],
        "rougel": [_draw_text(generator, place, "rougel") for place in range(text_rows)],
        "bleu": [_draw_text(generator, place, "bleu") for place in range(text_rows)],
        "jp-bleu": [_draw_text(generator, place, "jp-bleu", _JAPANESE) for place in range(japanese_rows)],
        "sent-transformer": [_draw_text(generator, place, "sent-transformer") for place in range(embedding_rows)],
    }
    figures = [_compare_ways(kind, answered) for kind, answered in kinds.items()]
    figures.append(_compare_intervals(kinds["no text metric"]))
    print(make_table(figures))
    write_figures(json, figures)


def _compare_ways(kind: str, answered: Sequence[Prediction]) -> Figure:
    slow, expected = _time(_score_one_by_one, answered)
    fast, scores = _time(_score_in_batches, answered)
    gap = max(abs(one - other) for one, other in zip(scores, expected, strict=True))
    if gap > _TOLERANCE:
        raise SystemExit(f"{kind}: values differ by {gap}")
    ours = f"{len(answered):,} answers, {kind}, {fast:.2f} s"
    return Figure("scoring", ours, f"one by one {slow:.2f} s", fast / slow, "time")


def _compare_intervals(answered: Sequence[Prediction]) -> Figure:
    answers = score_answers(answered, ScoringSettings())
    scoring, _ = _time(_score_in_batches, answered)
    start = time.perf_counter()
    add_intervals(aggregate(answers), answers, ScoringSettings())
    taken = time.perf_counter() - start
    ours = f"intervals of {len(answered):,} answers {taken:.2f} s"
    return Figure("scoring", ours, f"their scores {scoring:.2f} s", taken / scoring, "time")


def _draw_short(generator: random.Random, place: int) -> Prediction:
    task = f"task{place % 57}"
    match place % 4:
        case 0:
            reference, answer = generator.randrange(4), str(generator.randrange(5))
            return _make(place, task, TaskType.MULTIPLE_CHOICE, "accuracy", reference, answer)
        case 1:
            order = ",".join(map(str, generator.sample(range(1, 6), 5)))
            return _make(place, task, TaskType.RANKING, "ndcg", [1, 0.1, 0.01, 0, 0], order)
        case 2:
            answer = ", ".join(map(str, generator.sample(range(1, 16), 3)))
            return _make(place, task, TaskType.RETRIEVAL, "hit rate@3", generator.sample(range(1, 16), 3), answer)
        case _:
            entities = generator.sample(_WORDS, 3)
            answer = ", ".join(generator.sample(_WORDS, 2))
            return _make(place, "task0", TaskType.NAMED_ENTITY_RECOGNITION, "micro f1", entities, answer)


def _draw_text(generator: random.Random, place: int, metric: str, words: Sequence[str] = _WORDS) -> Prediction:
    reference, answer = (" ".join(generator.choices(words, k=generator.randint(5, 40))) for _ in range(2))
    return _make(place, "task1", TaskType.GENERATION, metric, reference, answer)


def _make(  # noqa: PLR0913, PLR0917  a record's fields
    place: int, task: str, task_type: TaskType, metric: str, reference: Any, answer: str
) -> Prediction:
    question = Question(f"question {place}", None, reference, task, task_type, metric, f"track{place % 4}")
    return Prediction(question, answer)


def _score_in_batches(answered: Sequence[Prediction]) -> list[float]:
    return [answer.score or 0.0 for answer in score_answers(answered, ScoringSettings())]


def _score_one_by_one(answered: Sequence[Prediction]) -> list[float]:
    return [score_officially(str(one.question.metric), one.prediction, one.question.output_field) for one in answered]


def _time(
    score: Callable[[Sequence[Prediction]], list[float]], answered: Sequence[Prediction]
) -> tuple[float, list[float]]:
    start = time.perf_counter()
    scores = score(answered)
    return time.perf_counter() - start, scores


if __name__ == "__main__":
    typer.run(main)
