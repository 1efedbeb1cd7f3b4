"""Small inputs, a server that answers, and disks that are full or read-only."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.commands import QUESTIONS, SAMPLE, SHOPBENCH
from tests.faults.shop_server import MODEL, ShopServer

Command = list[object]


@pytest.fixture
def serve() -> Iterator[Callable[..., ShopServer]]:
    """Return a function that starts a ShopServer; all of them stop with the test."""
    servers: list[ShopServer] = []

    def start(*failures: int | str, seconds: float = 0.0) -> ShopServer:
        servers.append(ShopServer(failures, seconds))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """A file of 60 different questions."""
    path = tmp_path / "questions.jsonl"
    path.write_bytes(b"".join(QUESTIONS.read_bytes().splitlines(keepends=True)[:60]))
    return path


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A file of rows that take a second or two to convert."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(SAMPLE.read_bytes() * 8)
    return path


@pytest.fixture
def predict(questions: Path) -> Callable[..., Command]:
    """Return a function that makes a predict command: a server, an output, further flags."""

    def make(server: ShopServer, output: Path, *flags: object) -> Command:
        model = ["--model", MODEL, "--engine", "openai", "--base-url", server.url]
        return [SHOPBENCH, "predict", *model, "--input", questions, "--output", output, *flags]

    return make


@pytest.fixture
def convert(rows: Path) -> Callable[[Path], Command]:
    """Return a function that makes a convert command to a folder."""
    return lambda folder: [SHOPBENCH, "convert", "--source", rows, "--output-dir", folder, "--name", "rows"]


def _find(program: str) -> str:
    return shutil.which(program) or pytest.skip(f"no {program} here")


class Disk:
    """A small file system in memory at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def mount(self, options: str) -> None:
        """Mount it, or mount it anew with other options."""
        words = [_find("mount"), "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no file system can be mounted here ({done.stderr.strip()})")

    def unmount(self) -> None:
        subprocess.run([_find("umount"), "--lazy", str(self.folder)], capture_output=True, check=False)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk that is yet to be mounted."""
    disk = Disk(tmp_path / "disk")
    yield disk
    disk.unmount()
