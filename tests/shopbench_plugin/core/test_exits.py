"""Which errors end a program with one line, and which are bugs and keep their traceback."""

import signal
from json import JSONDecodeError

import pytest

from shopbench_plugin.core.exits import explain_exit

NO_MEMORY = "no memory left; free some or do less at once, then run the same command again to continue"
NO_ROOM = "No space left on device; free disk space there, then run the same command again to continue"


@pytest.fixture(autouse=True)
def _keep_handler():
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), NO_MEMORY),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), NO_MEMORY),
        (RuntimeError("std::bad_alloc"), NO_MEMORY),
        (Exception("No space left on device (os error 28)"), NO_ROOM),
    ],
)
def test_what_the_machine_lacks_is_one_line(capsys, error, reason):
    with pytest.raises(SystemExit) as ended, explain_exit("outputs/model"):
        raise error
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"error: outputs/model: {reason}\n"


def test_safetensors_has_an_error_of_its_own_for_it(capsys):
    safetensors = pytest.importorskip("safetensors")
    with pytest.raises(SystemExit), explain_exit("outputs/model"):
        raise safetensors.SafetensorError("I/O error: No space left on device (os error 28)")
    assert capsys.readouterr().err == f"error: outputs/model: {NO_ROOM}\n"


@pytest.mark.parametrize(
    "error",
    [
        KeyError("the kettle was out of memory"),
        ValueError("bad_alloc is no title"),
        AssertionError("expected (os error 28)"),
        JSONDecodeError("DefaultCPUAllocator", "{", 1),
    ],
)
def test_a_defect_that_quotes_such_words_keeps_its_traceback(error):
    with pytest.raises(type(error)) as caught, explain_exit("outputs/model"):
        raise error
    assert caught.value is error


@pytest.mark.parametrize(
    ("stop", "status", "name"), [(SystemExit(129), 129, "SIGHUP"), (KeyboardInterrupt(), 130, "SIGINT")]
)
def test_an_error_of_the_clean_up_after_a_signal_is_not_what_ended_the_program(capsys, stop, status, name):
    def clean_up():
        raise RuntimeError("cannot join thread before it is started")

    def work():
        try:
            raise stop
        finally:
            clean_up()

    with pytest.raises(SystemExit) as end, explain_exit():
        work()
    assert end.value.code == status
    assert capsys.readouterr().err == f"error: {name}: stopped; run the same command again to continue\n"
