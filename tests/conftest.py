"""What every test may use."""

import gc
import os
import signal
import ssl
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no defect.
settings.register_profile("shopbench", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=30)
settings.load_profile("shopbench")

# A shell that starts tests in the background has them and their programs ignore SIGINT; nohup has them ignore SIGHUP.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# A thread for each worker: two workers with two threads each would wait for each other's at every step of a tiny model.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")
# Else g++ compiles a kernel for every process that masks bfloat16 logits, as for constraints in vLLM.
os.environ.setdefault("TORCH_COMPILE_DISABLE", "1")

# Every HTTP client would read all of the system's certificates, which takes 40 ms; none in this process speaks TLS.
ssl.SSLContext.load_verify_locations = ssl.SSLContext.set_default_verify_paths = lambda *_, **__: None  # type: ignore[method-assign]

# What shows that a test imports torch, which takes seconds, if only to make a tiny model.
MODEL_FIXTURES = {"tiny_model", "tiny_base_model", "models"}
MODEL_NAMES = ("torch", "create_tiny_model", "write_gguf")

# Lines that say that all tests of a module have a mark, by the words that leave such tests out.
WHOLE = {
    "not model": ("\nimport torch\n", "\npytestmark = pytest.mark.model\n"),
    "not process": ("\nimport subprocess\n",),
    "not slow": ("\npytestmark = pytest.mark.slow\n", "\npytestmark = [pytest.mark.slow,"),
}

# The groups with the longest work, which begin first.
LONGEST = ("llamafactory", "vllm")


def pytest_configure(config: pytest.Config) -> None:
    """Let hypothesis try a third of its examples where only the quick tests are wanted."""
    if "not model" in config.getoption("markexpr"):
        settings.load_profile("quick")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Don't import modules of which no test is wanted."""
    expression = config.getoption("markexpr")
    if "not process" in expression and "faults" in collection_path.parts:
        return True
    lines = [line for unwanted, lines in WHOLE.items() if unwanted in expression for line in lines]
    if collection_path.suffix != ".py" or not lines:
        return None
    text = collection_path.read_text(encoding="utf-8")
    return any(line in text for line in lines) or None


def pytest_collection_finish() -> None:
    """Spare the garbage collector what was collected for the tests: it would look through it thousands of times."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that imports torch where the tests that need it are not wanted."""
    had_torch = "torch" in sys.modules
    yield
    if not had_torch and "torch" in sys.modules and "not model" in item.config.getoption("markexpr"):
        pytest.fail("this imports torch: mark it as pytest.mark.model")


@pytest.hookimpl(tryfirst=True)  # before -m chooses among the marks that are set here
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests that start programs or need torch; keep a group or file on one worker, and begin with the longest."""
    for item in items:
        module = getattr(item, "module", None)
        if "faults" in item.path.parts or hasattr(module, "subprocess"):
            item.add_marker(pytest.mark.process)
        fixtures = getattr(item, "fixturenames", ())
        if not MODEL_FIXTURES.isdisjoint(fixtures) or any(hasattr(module, name) for name in MODEL_NAMES):
            item.add_marker(pytest.mark.model)
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    groups: dict[str, list[int]] = {}
    for item in items:
        groups.setdefault(_find_group(item), []).append(_rank(item))
    # Of the groups of one kind, the smallest are left for the end, when one worker may wait for the other.
    ranks = {group: (min(kinds), -len(kinds), group) for group, kinds in groups.items()}
    items.sort(key=lambda item: ranks[_find_group(item)])
    # xdist 3.8 reads groups off the end of names, and writes them where pytest 9.2 no longer looks.
    for item in items if config.getoption("loadgroup", default=False) else ():
        if hasattr(item, "_id"):
            item._id = item._id.parse(f"{item.nodeid}@{_find_group(item)}")


def _find_group(item: pytest.Item) -> str:
    marker = item.get_closest_marker("xdist_group")
    return str(marker.args[0]) if marker else ""


def _rank(item: pytest.Item) -> int:
    """Return the place of an item's kind, the longest kind first."""
    kinds = ("slow", "model", "process")
    if (group := _find_group(item)) in LONGEST:
        return LONGEST.index(group)
    return len(LONGEST) + next((place for place, kind in enumerate(kinds) if item.get_closest_marker(kind)), len(kinds))


SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def require_shared_data(name: str) -> Path:
    """Return the path of a real public data file that lies beside the checkout, or skip the test."""
    path = SHARED_DATA / name
    if not path.is_file():
        pytest.skip(f"{path} is absent: real public data is read in place and not part of the project")
    return path


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a browser; the test is skipped where none is installed."""
    from tests.browser import start_browser

    with start_browser(tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture
def shopbench_development() -> Path:
    return require_shared_data("shopbench_development.jsonl")


@pytest.fixture
def shopbench_style() -> Path:
    return require_shared_data("shopbench_style.jsonl")


@pytest.fixture
def ecinstruct_real_text() -> Path:
    return require_shared_data("ecinstruct_real_text.jsonl")
