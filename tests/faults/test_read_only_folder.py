"""A folder that cannot be written, not even by root: one line that names it, before any work is done."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.commands import LLAMAFACTORY, PROJECT, QUESTIONS, SAMPLE, SHOPBENCH, check_one_line, run, run_here
from tests.faults.conftest import Command, Disk
from tests.faults.shop_server import ShopServer
from tests.warm_start import LLAMAFACTORY_MODULES


@pytest.fixture
def read_only(disk: Disk) -> Path:
    disk.mount("size=1m,ro")
    return disk.folder


def test_convert(read_only: Path, convert: Callable[..., Command]) -> None:
    output = read_only / "rows.jsonl"
    check_one_line(run(convert(read_only)), 1, f"{output}: cannot be written (Read-only file system)", "choose")


def test_predict_asks_nothing(
    read_only: Path, predict: Callable[..., Command], serve: Callable[..., ShopServer]
) -> None:
    server = serve()
    failed = run_here(predict(server, read_only / "answers.jsonl"))
    check_one_line(failed, 1, f"{read_only}/answers.jsonl.part: cannot be written (Read-only file system)", "--output")
    assert server.asked.total() == 0


def test_route(read_only: Path) -> None:
    failed = run_here([SHOPBENCH, "route", "--input", QUESTIONS, "--output", read_only / "routed.jsonl"])
    check_one_line(failed, 1, f"{read_only}/routed.jsonl: cannot be written (Read-only file system)", "another place")


def test_tiny_model_and_calibrate(read_only: Path, tmp_path: Path) -> None:
    failed = run([SHOPBENCH, "tiny-model", "--text", SAMPLE, "--output", read_only / "base"])
    check_one_line(failed, 1, f"{read_only}/base: cannot be written (Read-only file system)", "another place")
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"instruction": "What is tea?", "input": "", "output": "A drink."}\n')
    words = [SHOPBENCH, "calibrate", "--input", rows, "--output", read_only / "texts.jsonl"]
    failed = run(words)
    assert failed.status == 1
    assert failed.err.splitlines()[-1].startswith(
        f"error: {read_only}/texts.jsonl: cannot be written (Read-only file system)"
    )


@pytest.mark.slow
@pytest.mark.xdist_group("llamafactory")
@pytest.mark.parametrize(
    ("stage", "recipe", "key"),
    [("train", "sft/tiny_lora_cpu", "output_dir"), ("export", "export/tiny_merge", "export_dir")],
)
def test_llamafactory_stops_before_it_loads_a_model(read_only: Path, stage: str, recipe: str, key: str) -> None:
    words = [LLAMAFACTORY, stage, PROJECT / "llamafactory_configs" / f"{recipe}.yaml", f"{key}={read_only}/model"]
    failed = run(words, warm=LLAMAFACTORY_MODULES)
    assert failed.status == 1
    assert failed.err.splitlines()[-1] == (
        f"error: {read_only}/model: cannot be written (Read-only file system); choose another folder"
    )
    assert "Traceback" not in failed.err
