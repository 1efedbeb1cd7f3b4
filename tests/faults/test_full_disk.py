"""A disk without room, which is a small file system in memory: one line, nothing half-written, and it goes on later."""

from collections.abc import Callable

from tests.faults.commands import QUESTIONS, SHOPBENCH, check_one_line, fingerprint, list_names, run, run_here
from tests.faults.conftest import Command, Disk
from tests.faults.shop_server import ShopServer


def test_convert_leaves_nothing_and_goes_on_with_room(disk: Disk, convert: Callable[..., Command], tmp_path) -> None:
    disk.mount("size=400k")
    failed = run(convert(disk.folder))
    check_one_line(failed, 1, str(disk.folder), "No space left on device", "make room")
    assert list_names(disk.folder) == []

    disk.mount("size=80m,remount")
    assert run(convert(disk.folder)).status == 0
    assert run(convert(tmp_path / "room")).status == 0
    assert fingerprint(disk.folder / "rows.jsonl") == fingerprint(tmp_path / "room" / "rows.jsonl")


def test_predict_keeps_its_answers_and_goes_on_after_them(
    disk: Disk, predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path
) -> None:
    disk.mount("size=16k")
    server = serve()
    output = disk.folder / "answers.jsonl"
    failed = run_here(predict(server, output))
    check_one_line(failed, 1, f"{output}.part: cannot be written (No space left on device)", "make room", "to continue")
    assert list_names(disk.folder) == ["answers.jsonl.part"]
    kept = (disk.folder / "answers.jsonl.part").read_bytes().count(b"\n") - 1
    assert kept > 5

    disk.mount("size=8m,remount")
    server.asked.clear()
    assert run_here(predict(server, output)).status == 0
    assert len(server.asked) == 60 - kept, "a late request of the first run may be counted too"
    assert run_here(predict(server, tmp_path / "answers.jsonl")).status == 0
    assert fingerprint(output) == fingerprint(tmp_path / "answers.jsonl")


def test_predict_without_room_for_a_first_answer_leaves_nothing(
    disk: Disk, predict: Callable[..., Command], serve: Callable[..., ShopServer]
) -> None:
    disk.mount("size=4k")
    (disk.folder / "full").write_bytes(bytes(4096))
    failed = run_here(predict(serve(), disk.folder / "answers.jsonl"))
    check_one_line(failed, 1, "No space left on device", "make room")
    assert list_names(disk.folder) == ["full"]


def test_evaluate_keeps_the_older_scores(
    disk: Disk, predict: Callable[..., Command], serve: Callable[..., ShopServer], questions, tmp_path
) -> None:
    disk.mount("size=4k")
    scores = disk.folder / "scores.json"
    scores.write_text("older")
    answers = tmp_path / "answers.jsonl"
    assert run_here(predict(serve(), answers)).status == 0
    files = ["--predictions", answers, "--reference", questions, "--json", scores]
    failed = run_here([SHOPBENCH, "evaluate", *files, "--resamples", "0"])
    check_one_line(failed, 1, f"{scores}: cannot be written (No space left on device)", "an old file is kept")
    assert scores.read_text() == "older"
    assert list_names(disk.folder) == ["scores.json"]


def test_route_names_the_file(disk: Disk) -> None:
    disk.mount("size=8k")
    output = disk.folder / "routed.jsonl"
    failed = run_here([SHOPBENCH, "route", "--input", QUESTIONS, "--output", output])
    check_one_line(failed, 1, f"{output}: cannot be written (No space left on device)")
    assert list_names(disk.folder) == []
