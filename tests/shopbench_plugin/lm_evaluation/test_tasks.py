"""lm-evaluation-harness asks what `shopbench predict` asks, and scores as `shopbench evaluate` does."""

import json
from importlib.util import find_spec

import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Track
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model
from shopbench_plugin.predict.run import predict_file
from shopbench_plugin.predict.settings import PredictSettings
from shopbench_plugin.scoring.evaluation import evaluate_files
from shopbench_plugin.scoring.records import ScoringSettings

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(find_spec("lm_eval") is None, reason="needs lm_eval, which is not imported to look for it"),
]
NAMES = ("shopbench_concepts", "shopbench_reasoning", "shopbench_behavior", "shopbench_multilingual")
TRACKS = dict(zip(NAMES, Track, strict=False))
KINDS = [
    ("multiple-choice", "accuracy", 1, "Which colour does the kettle number {} have?\n0. red\n1. blue\nAnswer: "),
    ("ranking", "ndcg", [0, 1, 0.1], "Rank for kettle {}, best first: \n1. lamp\n2. pot\n3. desk\nOutput: "),
    ("retrieval", "hit rate@3", [2], "Select three items for kettle {}:\n1. lamp\n2. pot\n3. desk\n4. hose\nOutput: "),
    ("named_entity_recognition", "micro f1", ["acme"], "Extract the brands from the query: acme kettle {}\nOutput: "),
    ("generation", "rougel", "a kettle boils", "Describe the kettle number {} in one sentence.\nOutput: "),
]


def make_rows():
    return [
        {
            "input_field": text.format(f"{number}{track[-3:]}"),
            "output_field": reference,
            "task_name": f"{kind} of {track}",
            "task_type": kind,
            "metric": metric,
            "is_multiple_choice": kind == "multiple-choice",
            "track": str(track),
        }
        for place, track in enumerate(TRACKS.values())
        for number in range(2)
        for kind, metric, reference, text in (*KINDS[place : place + 2], KINDS[0])[:2]
    ]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    texts = [row["input_field"] for row in make_rows()] + ["0123456789 , yes no red blue a kettle boils"]
    create_tiny_model(texts, folder, TinyModelSettings(vocabulary_size=512, context_length=1024))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"dtype": "float32"}))
    return folder


@pytest.fixture
def questions(tmp_path):
    return write(tmp_path / "questions.jsonl", make_rows())


@pytest.fixture
def manager(monkeypatch, tmp_path):
    """The harness with this project's tasks, by the folder that the command prints."""
    from lm_eval.tasks import TaskManager

    folder = CliRunner().invoke(app, ["lm-eval"]).stdout.strip()
    return TaskManager(include_path=folder, include_defaults=False)


def test_the_folder_holds_the_four_tracks_their_group_and_a_task_for_any_file(manager):
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


@pytest.fixture
def skill_files(tmp_path):
    """The same questions as Shopping MMLU has them: a file a skill, without tracks."""
    untold = {"track", "is_multiple_choice"}
    for number, track in enumerate(TRACKS.values(), start=1):
        rows = [{name: row[name] for name in row.keys() - untold} for row in make_rows() if row["track"] == track]
        (tmp_path / "data" / "skills").mkdir(parents=True, exist_ok=True)
        write(tmp_path / "data" / "skills" / f"skill{number}_{track[-5:]}.json", rows)
    return tmp_path / "data"


@pytest.fixture
def one_thread():
    """Torch on one thread: several would wait for each other on a busy machine, at each of a tiny model's steps."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(params=[("questions", "fewshot"), ("skill_files", "zero-shot")], ids=["competition", "skills"])
def settings(request, model, one_thread, tmp_path, monkeypatch):
    """A prediction of the questions, and the same in the environment that the harness's tasks read."""
    form, preset = request.param
    questions = request.getfixturevalue(form)
    shown = write(tmp_path / "shown.jsonl", make_rows())
    names = {"INPUT": questions, "PRESET": preset, "DEVELOPMENT_SET": shown}
    for name, value in names.items():
        monkeypatch.setenv(f"SHOPBENCH_{name}", str(value))
    return PredictSettings(
        engine=TransformersSettings(model=str(model), dtype="float32"),
        constraints=False,
        preset=preset,
        development_set=shown,
        input=questions,
        output=tmp_path / "predictions.jsonl",
    )


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
