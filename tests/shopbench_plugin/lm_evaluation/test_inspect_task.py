"""inspect_ai finds the task by its entry point, asks what `shopbench predict` asks and scores as `evaluate` does."""

from importlib.metadata import entry_points
from importlib.util import find_spec

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.predict.run import predict_file
from shopbench_plugin.scoring.evaluation import evaluate_files
from shopbench_plugin.scoring.records import ScoringSettings

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        find_spec("inspect_ai") is None, reason="needs inspect_ai, which is in an environment of its own"
    ),
]


@pytest.fixture
def shopbench():
    """The task as inspect_ai finds it."""
    return entry_points(group="inspect_ai")["shopbench_plugin"].load().shopbench


def test_a_missing_file_is_named(shopbench, monkeypatch):
    monkeypatch.delenv("SHOPBENCH_INPUT", raising=False)
    with pytest.raises(ShopBenchError, match="missing setting 'input': set SHOPBENCH_INPUT"):
        shopbench()


@pytest.mark.slow
@pytest.mark.parametrize("evaluator", ["kdd-cup", "shopping-mmlu"])
def test_the_scores_are_those_of_evaluate(shopbench, settings, tmp_path, evaluator):
    from inspect_ai import eval as evaluate_task

    done = evaluate_task(
        shopbench(preset=settings.preset, evaluator=evaluator),
        model="hf/local",
        model_args={"model_path": settings.engine.model, "device": "cpu", "dtype": "float32", "do_sample": False},
        max_connections=1,
        log_dir=str(tmp_path / "logs"),
        display="none",
    )[0]
    assert done.status == "success", done.error
    predict_file(settings)
    expected = evaluate_files(settings.output, settings.input, ScoringSettings(resamples=0, evaluator=evaluator))

    found = {name: one.value for name, one in done.results.scores[0].metrics.items()}
    assert found == {
        "all around": pytest.approx(expected.overall.score, abs=1e-6),
        **{name: pytest.approx(track.score, abs=1e-6) for name, track in expected.tracks.items()},
    }
    assert 0 < expected.overall.score < 1
