"""Renders a tokenizer's chat template as transformers, vLLM and LlamaFactory will, with bounds on memory and time."""

import resource
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.chat_rendering import ADVICE, ChatTemplate, read_chat_template

QUESTION = "A question?"
ASKED = [{"role": "user", "content": QUESTION}]
_PARSED = (
    [{"role": "system", "content": "A system prompt."}],
    [{"role": "system", "content": ""}, *ASKED],
    [*ASKED, {"role": "assistant", "content": "An answer."}],
)
"""Further dialogues, from which LlamaFactory's parse_template derives a template if the recipe names none."""
_MOST_SECONDS = 5.0
_MOST_BYTES = 1 << 30


def read_usable_template(folder: Path, *, is_parsed: bool) -> ChatTemplate | None:
    """Return the chat template of the tokenizer in a folder, or None if it has none.

    Args:
        folder: the tokenizer's.
        is_parsed: whether LlamaFactory derives its template from it.

    Raises:
        ShopBenchError: it can't be read or rendered, or leaves out the question.
    """
    chat = read_chat_template(folder)
    if chat is None:
        return None
    with _bound():
        rendered = [chat.render(one, add_generation_prompt=True) for one in (ASKED, *(_PARSED if is_parsed else ()))]
    if QUESTION not in rendered[0]:
        raise ShopBenchError(f"{folder}: its chat template leaves out the question; {ADVICE}")
    return chat


@contextmanager
def _bound() -> Iterator[None]:
    """End a rendering that takes more than a few seconds or a gigabyte; a template is a program of the model's author.

    Only on Linux and in the main thread, where a command runs.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TimeoutError(f"it took more than {_MOST_SECONDS:g} s")

    handler = signal.signal(signal.SIGALRM, stop)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + _MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most if soft == resource.RLIM_INFINITY else min(soft, most), hard))
    signal.setitimer(signal.ITIMER_REAL, _MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
