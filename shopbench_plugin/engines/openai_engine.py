"""Any OpenAI-compatible server, or several that serve the same model."""

import asyncio
import re
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shopbench_plugin.constraints import to_vllm_arguments
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import RAW_ROLE, Message
from shopbench_plugin.engines.event_loop import run_in
from shopbench_plugin.engines.interface import Completion, Engine, Prompt, RefusedError
from shopbench_plugin.engines.settings import UNDECISIVE, Count, EngineSettings, Seconds

_TOKENS_PER_TURN = 8
_LETTERS_PER_TOKEN = 3
_ASCII_LETTERS = re.compile(r"[A-Za-z ]+")
# For servers that don't report it; every Qwen2 and every model served today has at least this.
_SHORTEST_CONTEXT = 4096
# After this many refusals without any answer, the settings or the server are at fault.
_MOST_REFUSED_AT_FIRST = 16


def _split_commas(value: Any) -> Any:
    return tuple(value.split(",")) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAISettings(EngineSettings):
    """Any OpenAI-compatible server, or several that serve the same model.

    Attributes:
        base_urls: base URLs of the servers, ending in /v1; comma-separated in an environment variable.
        connections: concurrent requests per server.
        timeout: seconds to wait for a server's answer.
        retries: attempts per request beyond the first.
    """

    name = "openai"
    packages = ("openai",)
    extra = "serve"

    base_urls: Annotated[tuple[str, ...], BeforeValidator(_split_commas), Field(min_length=1)] = (
        "http://127.0.0.1:8000/v1",
    )
    connections: Count = field(default=16, metadata=UNDECISIVE)
    timeout: Seconds = field(default=120.0, metadata=UNDECISIVE)
    retries: Annotated[int, Field(ge=0, lt=2**31)] = field(default=4, metadata=UNDECISIVE)

    def load(self) -> Engine:
        """Check that the servers serve the model.

        Raises:
            ShopBenchError: a server can't be reached, or doesn't serve the model.
        """
        return OpenAIEngine(self)


ENGINE = OpenAISettings


class OpenAIEngine:
    """Completes dialogues through chat completion requests, a limited number at a time.

    vLLM servers receive the constraints; other servers don't support them, so their answers are only repaired.
    """

    def __init__(self, settings: OpenAISettings) -> None:
        """Check that the servers serve the model.

        Raises:
            ShopBenchError: a server can't be reached, or doesn't serve the model.
        """
        from shopbench_plugin.engines.openai_server import ServerPool

        self._has_answered = False
        self._at_once = settings.connections * len(settings.base_urls)
        self._loop = asyncio.new_event_loop()
        self._pool = ServerPool(
            settings.model, settings.base_urls, settings.connections, settings.timeout, settings.retries
        )
        try:
            models = run_in(self._loop, self._pool.describe_models())
        except BaseException:
            self.close()
            raise
        self._is_vllm = all(model.is_vllm for model in models)
        lengths = [model.context_length or _SHORTEST_CONTEXT for model in models]
        self._context_length = settings.max_model_len or min(lengths)

    @property
    def context_length(self) -> int:
        """Maximum number of tokens of a prompt and its answer together."""
        return self._context_length

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the dialogue's number of tokens: vLLM's own count, or an estimate for other servers."""
        counted = run_in(self._loop, self._pool.count_tokens(_dialogue(messages))) if self._is_vllm else None
        return estimate_tokens(messages) if counted is None else counted

    def complete(self, prompts: Sequence[Prompt], deadline: float | None = None) -> Iterator[tuple[int, Completion]]:
        """Yield (index into `prompts`, completion) for every prompt, each as soon as it is ready.

        Prompts that are unanswered at the `deadline`, a time on `time.monotonic()`, are given up. Answers that have
        arrived are never lost: they are yielded before the others are given up or an error is raised. A refused prompt,
        such as one that is too long, is returned without an answer, unless all of the first ones are refused.

        Raises:
            RefusedError: all requests so far were refused.
            ShopBenchError: a request got no answer in any of its tries, or was refused for a reason other than its
                prompt.
        """
        held: list[tuple[int, Completion]] = []
        with closing(self._complete(prompts, deadline)) as answers:
            for index, completion in answers:
                if completion.refusal and not self._has_answered:
                    held.append((index, completion))
                    if len(held) == _MOST_REFUSED_AT_FIRST:
                        break
                    continue
                self._has_answered |= completion.finish_reason != "deadline"
                yield index, completion
                if self._has_answered:
                    yield from held
                    held.clear()
        if held:
            raise RefusedError(held[0][1].refusal)

    def _complete(
        self, prompts: Sequence[Prompt], deadline: float | None
    ) -> Generator[tuple[int, Completion], None, None]:
        waiting = iter(enumerate(prompts))
        tasks: dict[asyncio.Task[Completion], int] = {}
        try:
            while True:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                for index, prompt in islice(waiting, self._at_once - len(tasks) if left != 0.0 else 0):
                    tasks[self._loop.create_task(self._ask(prompt))] = index
                if not tasks:
                    break
                done, _ = run_in(self._loop, asyncio.wait(tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED))
                for task in sorted(done, key=lambda one: one.exception() is not None):  # failed ones last
                    yield tasks.pop(task), task.result()
                if left == 0.0:
                    break
            unanswered = [*tasks.values(), *(index for index, _ in waiting)]
            yield from ((index, Completion("", "deadline")) for index in unanswered)
        finally:
            self._cancel(tasks)

    async def _ask(self, prompt: Prompt) -> Completion:
        arguments = to_vllm_arguments(prompt.constraint) if self._is_vllm else {}
        body = {
            "messages": _dialogue(prompt.messages),
            "max_tokens": prompt.constraint.max_tokens,
            "temperature": 0.0,
            "extra_body": {"structured_outputs": arguments} if arguments else None,
        }
        try:
            return await self._pool.complete(body)
        except RefusedError as error:
            return Completion("", "refused", refusal=str(error))

    def _cancel(self, tasks: Iterable[asyncio.Task[Completion]]) -> None:
        if self._loop.is_closed():  # and so they are cancelled
            return
        for task in tasks:
            task.cancel()
        run_in(self._loop, _await_all(tasks))

    def close(self) -> None:
        """Cancel open requests, and close the connections."""
        self._cancel(asyncio.all_tasks(self._loop))
        run_in(self._loop, self._pool.close())
        # httpx leaves one open if a response can't be decompressed.
        run_in(self._loop, self._loop.shutdown_asyncgens())
        self._loop.close()


def estimate_tokens(messages: Sequence[Message]) -> int:
    """Return a rather high estimate of a dialogue's number of tokens.

    In byte-level vocabularies a token is three to five letters of a European language, or one to two characters of
    other scripts; digits and punctuation are counted one by one.
    """
    total = _TOKENS_PER_TURN
    for message in messages:
        letters = sum(len(run) for run in _ASCII_LETTERS.findall(message.content))
        total += _TOKENS_PER_TURN + letters // _LETTERS_PER_TOKEN + len(message.content) - letters
    return total


async def _await_all(tasks: Iterable[asyncio.Task[Completion]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


def _dialogue(messages: Sequence[Message]) -> list[dict[str, str]]:
    if messages[-1].role == RAW_ROLE:
        raise ShopBenchError("a chat server doesn't accept a raw preset's prompt; pass --engine vllm or transformers")
    return [{"role": message.role, "content": message.content} for message in messages]
