"""The journal keeps every answer that was there when the process died, and nothing else."""

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.storage.journal import open_journal


def reopen(path, run="run-1", *, overwrite=False):
    with open_journal(path, run, overwrite=overwrite) as journal:
        return dict(journal.rows)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.jsonl.part"


@pytest.fixture
def written(path):
    with open_journal(path, "run-1", overwrite=False) as journal:
        journal.add(2, {"prediction": "c"})
        journal.add(0, {"prediction": "a"})
    return path


def test_answers_are_found_again_by_question(written):
    assert reopen(written) == {0: {"prediction": "a"}, 2: {"prediction": "c"}}


@pytest.mark.parametrize("torn", range(1, 38))
def test_a_torn_last_line_is_dropped(written, torn):
    content = written.read_bytes()
    written.write_bytes(content[:-torn])
    assert reopen(written) == {2: {"prediction": "c"}}


def test_the_journal_goes_on_behind_what_was_whole(written):
    written.write_bytes(written.read_bytes()[:-5])
    with open_journal(written, "run-1", overwrite=False) as journal:
        journal.add(1, {"prediction": "b"})
    assert reopen(written) == {2: {"prediction": "c"}, 1: {"prediction": "b"}}


@pytest.mark.parametrize("rubbish", [b"\x00\x00\x00\n", b"[1]\n", b'{"row": {}}\n', b'{"index": 1, "row": 2}\n'])
def test_a_broken_line_and_what_follows_it_are_asked_again(written, rubbish):
    first, second, third = written.read_bytes().splitlines(keepends=True)
    written.write_bytes(first + second + rubbish + third)
    assert reopen(written) == {2: {"prediction": "c"}}


@pytest.mark.parametrize("torn", [b"", b"{", b'{"run":"run-', b'{"run":"run-2"}'])
def test_a_torn_first_line_starts_anew(path, torn):
    path.write_bytes(torn)
    with open_journal(path, "run-1", overwrite=False) as journal:
        assert journal.rows == {}
        assert path.read_bytes() == b'{"run":"run-1"}\n'


def test_a_journal_without_answers_is_no_other_runs(path):
    path.write_bytes(b'{"run":"run-2"}\n{"index":0,"ro')
    with open_journal(path, "run-1", overwrite=False) as journal:
        assert journal.rows == {}
        assert path.read_bytes() == b'{"run":"run-1"}\n'


def test_a_journal_without_answers_goes_when_it_is_closed(path):
    with pytest.raises(ShopBenchError, match="no such model"), open_journal(path, "run-1", overwrite=False):
        raise ShopBenchError("no such model")
    assert not path.exists()


def test_an_answer_that_was_just_written_stays_when_a_signal_comes(path):
    class Interrupted(dict):
        def __setitem__(self, index, row):
            raise KeyboardInterrupt

    def add():
        with open_journal(path, "run-1", overwrite=False) as journal:
            journal.rows = Interrupted()
            journal.add(0, {"prediction": "a"})

    with pytest.raises(KeyboardInterrupt):
        add()
    assert reopen(path) == {0: {"prediction": "a"}}


def test_another_runs_journal_is_kept(written):
    before = written.read_bytes()
    with pytest.raises(ShopBenchError, match=r"contains answers of another run .* --overwrite to start again"):
        reopen(written, "run-2")
    assert written.read_bytes() == before


@pytest.mark.parametrize("notes", ["my notes\n", "my notes"])
def test_a_file_that_is_no_journal_is_kept(path, notes):
    path.write_text(notes, encoding="utf-8")
    with pytest.raises(ShopBenchError, match="another run"):
        reopen(path)
    assert path.read_text(encoding="utf-8") == notes


def test_overwrite_starts_anew(written):
    assert reopen(written, "run-2", overwrite=True) == {}


def test_two_processes_do_not_share_a_journal(path):
    with open_journal(path, "run-1", overwrite=False), pytest.raises(ShopBenchError, match="another run is writing"):
        reopen(path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ShopBenchError, match="cannot be written"):
        reopen(tmp_path / "file" / "answers.part")
