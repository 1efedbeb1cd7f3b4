"""A signal that comes while the loop runs acts when it has stopped, and breaks nothing."""

import asyncio
import signal
import threading

import pytest

from shopbench_plugin.engines.event_loop import run_in


@pytest.fixture
def loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def end_on_sigterm():
    """SIGTERM ends the process, as it does within a command."""

    def end(number, frame):
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    yield end
    signal.signal(signal.SIGTERM, before)


async def double(number):
    await asyncio.sleep(0)
    return 2 * number


@pytest.mark.parametrize(
    ("number", "kind"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)], ids=["SIGINT", "SIGTERM"]
)
def test_a_signal_within_a_callback_lets_it_finish(loop, end_on_sigterm, number, kind):
    steps = []

    def call_back():
        signal.raise_signal(number)
        steps.append("the callback's end")

    async def wait():
        loop.call_soon(call_back)
        try:
            await asyncio.Event().wait()
        finally:
            steps.append("the work's end")

    with pytest.raises(kind):
        run_in(loop, wait())
    assert steps == ["the callback's end", "the work's end"]
    assert run_in(loop, double(4)) == 8, "the loop goes on"


def test_the_handlers_are_there_again_afterwards(loop, end_on_sigterm):
    assert run_in(loop, double(4)) == 8
    assert signal.getsignal(signal.SIGTERM) is end_on_sigterm
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_thread_that_gets_no_signals_may_run_a_loop(loop):
    results = []
    thread = threading.Thread(target=lambda: results.append(run_in(loop, double(4))))
    thread.start()
    thread.join()
    assert results == [8]
