"""lm-evaluation-harness asks what `shopbench predict` asks, and scores as `shopbench evaluate` does."""

from importlib.util import find_spec

import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Track
from shopbench_plugin.predict.run import predict_file
from shopbench_plugin.scoring.evaluation import evaluate_files
from shopbench_plugin.scoring.records import ScoringSettings

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(find_spec("lm_eval") is None, reason="needs lm_eval, which is not imported to look for it"),
]
NAMES = ("shopbench_concepts", "shopbench_reasoning", "shopbench_behavior", "shopbench_multilingual")
TRACKS = dict(zip(NAMES, Track, strict=False))


@pytest.fixture
def manager(monkeypatch, tmp_path):
    """The harness with this project's tasks, by the folder that the command prints."""
    from lm_eval.tasks import TaskManager

    folder = CliRunner().invoke(app, ["lm-eval"]).stdout.strip()
    return TaskManager(include_path=folder, include_defaults=False)


def test_the_folder_contains_the_four_tracks_their_group_and_a_task_for_any_file(manager):
    assert manager.all_groups == ["shopbench"]
    assert manager.all_subtasks == sorted([*NAMES, "shopbench_file"])


def load(manager, name):
    return manager.load([name])["tasks"][name]


@pytest.mark.parametrize("name", NAMES)
def test_a_track_is_asked_its_own_questions(manager, questions, monkeypatch, name):
    monkeypatch.setenv("SHOPBENCH_INPUT", str(questions))
    assert {row["track"] for row in load(manager, name).test_docs()} == {TRACKS[name]}


def test_missing_settings_are_named(manager, questions, monkeypatch):
    task = load(manager, "shopbench_file")
    with pytest.raises(ShopBenchError, match="missing setting 'input': set SHOPBENCH_INPUT"):
        task.test_docs()
    monkeypatch.setenv("SHOPBENCH_INPUT", str(questions))
    monkeypatch.setenv("SHOPBENCH_PRESET", "fewshot")
    with pytest.raises(ShopBenchError, match="preset fewshot: set SHOPBENCH_DEVELOPMENT_SET"):
        task.doc_to_text(task.test_docs()[0])
    with pytest.raises(ShopBenchError, match="leave out --num_fewshot"):
        task.fewshot_context(task.test_docs()[0], 2)


@pytest.mark.slow
def test_the_scores_are_those_of_evaluate(manager, settings):
    from lm_eval import simple_evaluate

    done = simple_evaluate(
        model="hf",
        model_args={"pretrained": settings.engine.model, "dtype": "float32"},
        tasks=["shopbench"],
        task_manager=manager,
        device="cpu",
        batch_size=4,
        apply_chat_template=True,
        bootstrap_iters=0,
    )
    predict_file(settings)
    expected = evaluate_files(settings.output, settings.input, ScoringSettings(resamples=0))

    for name, track in TRACKS.items():
        assert done["results"][name]["score,none"] == pytest.approx(expected.tracks[track].score, abs=1e-6)
    assert done["groups"]["shopbench"]["score,none"] == pytest.approx(expected.overall.score, abs=1e-6)
    assert 0 < expected.overall.score < 1
