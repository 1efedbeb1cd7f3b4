"""What a report says about the run behind it."""

from hashlib import sha256

import orjson
import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.scoring.provenance import (
    check_recipe,
    describe_file,
    describe_run,
    describe_settings,
    describe_versions,
    find_change,
)
from shopbench_plugin.scoring.records import ScoringSettings


def test_the_run_record_next_to_the_predictions_is_flattened(tmp_path):
    path = tmp_path / "tuned.jsonl"
    path.touch()
    note = {"settings": {"engine": "vllm", "preset": None, "sampling": {"temperature": 0.0}}, "questions": 96}
    (tmp_path / "tuned.jsonl.run.json").write_bytes(orjson.dumps(note))
    assert describe_run(path) == {
        "settings engine": "vllm",
        "settings sampling temperature": "0.0",
        "questions": "96",
    }


def test_a_record_of_other_answers_says_nothing_about_these(tmp_path):
    path, note = tmp_path / "tuned.jsonl", tmp_path / "tuned.jsonl.run.json"
    path.write_bytes(b"abc")
    note.write_bytes(orjson.dumps({"digest": sha256(b"abc").hexdigest(), "questions": 1}))
    assert describe_run(path)["questions"] == "1"
    assert find_change(path) == ""
    path.write_bytes(b"ab")
    assert describe_run(path) == {}
    assert find_change(path).startswith(f"{path}: was changed or cut after its run wrote it, or the run was stopped")
    note.write_bytes(orjson.dumps({"questions": 1}))  # as of a version without digests
    assert describe_run(path) == {"questions": "1"}


def test_no_note_or_a_broken_one_is_nothing(tmp_path):
    assert describe_run(tmp_path / "other.jsonl") == {}
    (tmp_path / "other.jsonl.run.json").write_text("{")
    assert describe_run(tmp_path / "other.jsonl") == {}


def test_a_file_is_known_by_its_content(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"abc")
    assert describe_file(path).startswith("a.jsonl (sha256 ba7816bf8f01cfea")


def test_settings_and_versions_are_named():
    assert describe_settings(ScoringSettings(seed=7))["seed"] == "7"
    assert {"evaluator", "python", "sacrebleu", "rouge-score"} <= describe_versions(ScoringSettings()).keys()


@pytest.mark.parametrize("settings", [{"model": "a"}, {"engine": {"model": "a"}}])  # the second as 0.1.0 wrote them
def test_answers_of_another_model_than_the_recipe_s_are_not_scored(tmp_path, settings):
    path, recipe = tmp_path / "tuned.jsonl", tmp_path / "recipe.yaml"
    path.touch()
    (tmp_path / "tuned.jsonl.run.json").write_bytes(orjson.dumps({"settings": settings}))
    recipe.write_text("model: a\n")
    check_recipe(path, recipe)
    recipe.write_text("model: b\n")
    with pytest.raises(ShopBenchError, match=r"of a different run: 'model' was 'a', but .* has 'b'; run predict"):
        check_recipe(path, recipe)
