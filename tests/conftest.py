"""What every test may use."""

import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no defect.
settings.register_profile("shopbench", deadline=None)
settings.load_profile("shopbench")

# A shell that starts tests in the background has them ignore SIGINT, and so has every program that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Fixtures that train, merge or quantize a model: tests with one of them share a worker, which makes it once.
MODEL_FIXTURES = {"trained_model", "merged_model", "quantized_model"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests on one worker, and mark those that start programs of their own."""
    for item in items:
        has_model = not MODEL_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
        item.add_marker(pytest.mark.xdist_group("models" if has_model else str(item.path)))
        if "faults" in item.path.parts or hasattr(getattr(item, "module", None), "subprocess"):
            item.add_marker(pytest.mark.process)


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
