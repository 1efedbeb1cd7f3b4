"""What a report says about the run behind it."""

import orjson

from shopbench_plugin.scoring.provenance import describe_file, describe_run, describe_settings, describe_versions
from shopbench_plugin.scoring.records import ScoringSettings


def test_the_run_record_next_to_the_predictions_is_flattened(tmp_path):
    path = tmp_path / "tuned.jsonl"
    note = {"settings": {"engine": "vllm", "preset": None, "sampling": {"temperature": 0.0}}, "questions": 96}
    (tmp_path / "tuned.jsonl.run.json").write_bytes(orjson.dumps(note))
    assert describe_run(path) == {
        "settings engine": "vllm",
        "settings sampling temperature": "0.0",
        "questions": "96",
    }


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
