import json

import pytest

from converters.pipeline.dataset_info import find_dataset_info, update_dataset_info
from shopbench_plugin.errors import ShopBenchError

ENTRY = {
    "file_name": "data/generated/new.jsonl",
    "columns": {"prompt": "instruction", "query": "input", "response": "output"},
}


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "data" / "generated").mkdir(parents=True)
    return folder


def write_info(project, content):
    path = project / "dataset_info.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_nearest_file_above_the_output_is_the_one(project):
    path = write_info(project, {})

    assert find_dataset_info(project / "data" / "generated") == path
    assert find_dataset_info(project) == path


def test_without_one_it_belongs_into_the_output_folder(project):
    assert find_dataset_info(project / "data") == project / "data" / "dataset_info.json"


def test_an_entry_is_added_last_and_the_others_stay(project):
    others = {"z": {"hf_hub_url": "größe"}, "a": {"file_name": "x.json"}}
    path = write_info(project, others)
    update_dataset_info(path, "new", project / "data" / "generated" / "new.jsonl")
    content = json.loads(path.read_text(encoding="utf-8"))

    assert list(content.items()) == [*others.items(), ("new", ENTRY)]
    assert "größe" in path.read_text(encoding="utf-8")


def test_an_entry_is_brought_up_to_date_in_its_place(project):
    path = write_info(project, {"new": {"file_name": "old.jsonl"}, "other": {}})
    update_dataset_info(path, "new", project / "data" / "generated" / "new.jsonl")

    assert json.loads(path.read_text(encoding="utf-8")) == {"new": ENTRY, "other": {}}
    assert list(json.loads(path.read_text(encoding="utf-8"))) == ["new", "other"]


def test_an_entry_that_is_right_leaves_the_file_as_it_is_formatted(project):
    path = project / "dataset_info.json"
    path.write_text(json.dumps({"new": ENTRY}, indent=7), encoding="utf-8")
    before = path.read_bytes()
    update_dataset_info(path, "new", project / "data" / "generated" / "new.jsonl")

    assert path.read_bytes() == before


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_broken_file_is_an_error_and_stays(project, content):
    path = project / "dataset_info.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ShopBenchError, match=r"dataset_info\.json"):
        update_dataset_info(path, "new", project / "new.jsonl")
    assert path.read_text(encoding="utf-8") == content
