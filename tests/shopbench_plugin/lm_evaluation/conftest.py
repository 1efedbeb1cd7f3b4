"""Questions of four tracks in two forms, and a tiny model that both harnesses ask."""

import json

import pytest

from shopbench_plugin.core.vocabulary import Track
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model
from shopbench_plugin.predict.settings import PredictSettings

TRACKS = tuple(Track)[:4]
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
        for place, track in enumerate(TRACKS)
        for number in range(2)
        for kind, metric, reference, text in (*KINDS[place : place + 2], KINDS[0])[:2]
    ]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="session")
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
def skill_files(tmp_path):
    """The same questions as Shopping MMLU has them: a file a skill, without tracks."""
    untold = {"track", "is_multiple_choice"}
    for number, track in enumerate(TRACKS, start=1):
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
