"""The mark in a folder that is being written: who may take it away."""

from contextlib import suppress
from pathlib import Path

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.storage.unfinished import check_finished, mark_unfinished


def fail_writing(folder: Path, name: str = "") -> None:
    """Begin to write `folder` and fail, once a file `name` is there, if any is named."""
    with suppress(ZeroDivisionError), mark_unfinished(folder):
        if name:
            (folder / name).touch()
        raise ZeroDivisionError


def test_a_try_that_wrote_nothing_leaves_nothing(tmp_path: Path) -> None:
    fail_writing(tmp_path / "adapter")
    assert list(tmp_path.iterdir()) == []


def test_a_retry_that_fails_early_keeps_the_mark_of_the_try_before_it(tmp_path: Path) -> None:
    fail_writing(tmp_path, "weights")
    fail_writing(tmp_path)
    with pytest.raises(ShopBenchError, match="was stopped, or still runs"):
        check_finished(tmp_path)


def test_a_retry_that_comes_to_its_end_takes_the_mark_away(tmp_path: Path) -> None:
    fail_writing(tmp_path, "weights")
    with mark_unfinished(tmp_path):
        pass
    check_finished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]


def test_a_link_that_leads_nowhere_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to("gone")
    fail_writing(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["latest"]
