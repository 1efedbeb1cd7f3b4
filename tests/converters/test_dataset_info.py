import fcntl
import json
import os
import threading

import pytest

from converters import dataset_info
from converters.dataset_info import check_entry, find_dataset_info, update_dataset_info
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.storage.locks import lock

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
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
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


OTHERS = """{
   "b" : {"file_name": "gr\\u00f6\\ud800ße.json", "num_samples": 1e3, "weight": 0.10000000000000000555},
   "a": {"first": 1}, "a": {"second": 2}%s
}
"""


def test_every_other_character_stays_where_an_entry_is_added(project):
    """Numbers are not rewritten, duplicate keys not dropped, escapes not resolved."""
    path = project / "dataset_info.json"
    path.write_text(OTHERS % "", encoding="utf-8")
    update_dataset_info(path, "new", project / "data" / "generated" / "new.jsonl")
    added = json.dumps({"new": ENTRY}, indent=2)[1:-2]

    assert path.read_text(encoding="utf-8") == OTHERS % f",{added}"


def test_every_other_character_stays_where_an_entry_is_replaced(project):
    path = project / "dataset_info.json"
    old, new = '{"columns": {"prompt": "x"}, "file_name": "gone.json"}', json.dumps(ENTRY, indent=2)
    path.write_text(OTHERS % f',\n"new": {old}, "last": []', encoding="utf-8")
    update_dataset_info(path, "new", project / "data" / "generated" / "new.jsonl")

    indented = new.replace("\n", "\n  ")
    assert path.read_text(encoding="utf-8") == OTHERS % f',\n"new": {indented}, "last": []'


@pytest.mark.parametrize("content", [{}, {"new": ENTRY}])
def test_a_byte_order_mark_which_llamafactory_refuses_is_removed(project, content):
    path = project / "dataset_info.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(content).encode())
    check_entry(path, "new", project / "data" / "generated" / "new.jsonl")
    update_dataset_info(path, "new", project / "data" / "generated" / "new.jsonl")

    assert json.loads(path.read_text(encoding="utf-8")) == {"new": ENTRY}


def test_windows_line_ends_stay(project):
    path = project / "dataset_info.json"
    path.write_bytes(b'{\r\n  "a": {}\r\n}\r\n')
    update_dataset_info(path, "new", project / "data" / "generated" / "new.jsonl")

    assert path.read_bytes().startswith(b'{\r\n  "a": {},\n  "new": {')
    assert json.loads(path.read_bytes()) == {"a": {}, "new": ENTRY}


def test_an_entry_of_the_same_file_keeps_what_a_user_added(project):
    mine = {"file_name": "data/generated/new.jsonl", "num_samples": 500, "columns": {"system": "system", "prompt": "x"}}
    path = write_info(project, {"new": mine})
    update_dataset_info(path, "new", project / "data" / "generated" / "new.jsonl")

    columns = {"system": "system", **ENTRY["columns"]}
    assert json.loads(path.read_text(encoding="utf-8")) == {"new": mine | {"columns": columns}}


@pytest.mark.parametrize("entry", [{"file_name": "mine.json"}, {"hf_hub_url": "me/mine"}, "mine"])
def test_an_entry_of_another_dataset_is_not_replaced_unasked(project, entry):
    (project / "mine.json").write_text("[]", encoding="utf-8")
    path = write_info(project, {"new": entry})
    arguments = (path, "new", project / "data" / "generated" / "new.jsonl")
    with pytest.raises(ShopBenchError, match=r"'new' is already another dataset .*--overwrite"):
        check_entry(*arguments)
    check_entry(*arguments, overwrite=True)
    update_dataset_info(*arguments)

    assert json.loads(path.read_text(encoding="utf-8")) == {"new": ENTRY}


def test_a_linked_file_is_updated_where_it_lies_and_stays_a_link(project, tmp_path):
    target = tmp_path / "shared.json"
    target.write_text('{"other": {}}', encoding="utf-8")
    path = project / "dataset_info.json"
    path.symlink_to(target)
    update_dataset_info(path, "new", project / "data" / "generated" / "new.jsonl")

    assert path.readlink() == target
    assert json.loads(target.read_text(encoding="utf-8")) == {"other": {}, "new": ENTRY}


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_broken_file_is_an_error_and_stays(project, content):
    path = project / "dataset_info.json"
    path.write_text(content, encoding="utf-8")

    for function in (check_entry, update_dataset_info):
        with pytest.raises(ShopBenchError, match=r"dataset_info\.json"):
            function(path, "new", project / "new.jsonl")
    assert path.read_text(encoding="utf-8") == content


@pytest.fixture
def locked(project):
    """The project's folder, locked as by another conversion that is about to write its entry."""
    handle = os.open(project, os.O_RDONLY)
    lock(handle)
    yield handle
    os.close(handle)


def test_an_entry_that_another_conversion_is_about_to_write_stays(project, locked):
    path = write_info(project, {})
    arguments = (path, "new", project / "data" / "generated" / "new.jsonl")
    thread = threading.Thread(target=update_dataset_info, args=arguments)
    thread.start()
    thread.join(0.1)
    assert thread.is_alive(), "it did not wait"
    write_info(project, {"other": {}})
    fcntl.flock(locked, fcntl.LOCK_UN)
    thread.join(5)

    assert json.loads(path.read_text(encoding="utf-8")) == {"other": {}, "new": ENTRY}


def test_a_folder_that_stays_locked_is_named(project, locked, monkeypatch):
    monkeypatch.setattr(dataset_info, "_LOCK_TRIES", 2)
    path = write_info(project, {})
    with pytest.raises(ShopBenchError, match=r"dataset_info\.json: its folder is locked by another program; run the"):
        update_dataset_info(path, "new", project / "data" / "generated" / "new.jsonl")
