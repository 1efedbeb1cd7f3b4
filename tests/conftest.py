"""What every test may use."""

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no defect.
settings.register_profile("shopbench", deadline=None)
settings.load_profile("shopbench")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def require_shared_data(name: str) -> Path:
    """Return the path of a real public data file that lies beside the checkout, or skip the test."""
    path = SHARED_DATA / name
    if not path.is_file():
        pytest.skip(f"{path} is absent: real public data is read in place and not part of the project")
    return path


@pytest.fixture
def shopbench_development() -> Path:
    return require_shared_data("shopbench_development.jsonl")


@pytest.fixture
def shopbench_style() -> Path:
    return require_shared_data("shopbench_style.jsonl")


@pytest.fixture
def ecinstruct_real_text() -> Path:
    return require_shared_data("ecinstruct_real_text.jsonl")
