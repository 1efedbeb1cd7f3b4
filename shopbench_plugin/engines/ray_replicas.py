"""Several replicas of a model on Ray, on one or more machines: each is a vLLM engine that answers its share."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.quiet import silence_libraries
from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.interface import Completion, Prompt
from shopbench_plugin.engines.settings import EngineSettings

# A share keeps a replica's batch full, and there are enough shares to balance those that take longer.
_SHARES_PER_REPLICA = 4
_SMALLEST_SHARE = 16


class VllmReplica:
    """The engine in each Ray actor."""

    def __init__(self, settings: EngineSettings) -> None:
        """Load the model."""
        silence_libraries()
        self._engine = settings.load()

    def read_context_length(self) -> int:
        """Return the engine's context length."""
        return self._engine.context_length

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the dialogue's number of tokens."""
        return self._engine.count_tokens(messages)

    def complete(self, prompts: Sequence[Prompt], seconds: float | None) -> list[tuple[int, Completion]]:
        """Return (index, completion) pairs; `seconds` is the time left, since monotonic clocks differ per machine."""
        deadline = None if seconds is None else time.monotonic() + seconds
        return list(self._engine.complete(prompts, deadline))


@dataclass(slots=True)
class _Replica:
    actor: Any
    prefixes: set[tuple[Message, ...]] = field(default_factory=set)


class RayReplicas:
    """Completes dialogues on several replicas; prompts with a common prefix stay together."""

    def __init__(self, settings: EngineSettings, replicas: int, gpus: int) -> None:
        """Start the replicas, on the cluster of RAY_ADDRESS if that is set, else on this machine.

        Args:
            settings: of each of them.
            replicas: how many.
            gpus: GPUs per replica, if there are any.

        Raises:
            ShopBenchError: a replica can't be started.
        """
        import ray

        # Without it Ray prints how a later version will treat CUDA_VISIBLE_DEVICES.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        if not ray.is_initialized():
            ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        self._replicas = [_Replica(actor) for actor in _start_actors(settings, replicas, gpus)]
        try:
            lengths = ray.get([one.actor.read_context_length.remote() for one in self._replicas])
        except ray.exceptions.RayError as error:
            self.close()
            raise ShopBenchError(f"{settings.model}: a replica can't be started ({_last_line(error)})") from error
        self._context_length: int = min(lengths)

    @property
    def context_length(self) -> int:
        """Maximum number of tokens of a prompt and its answer together."""
        return self._context_length

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the number of tokens of the dialogue as rendered for the model."""
        import ray

        count: int = ray.get(self._replicas[0].actor.count_tokens.remote(tuple(messages)))
        return count

    def complete(self, prompts: Sequence[Prompt], deadline: float | None = None) -> Iterator[tuple[int, Completion]]:
        """Yield (index into `prompts`, completion) for every prompt, share by share.

        If a replica dies, the others answer its share.

        Raises:
            ShopBenchError: the last replica died.
        """
        import ray

        shares = split_by_prefix(prompts, len(self._replicas))
        busy: dict[Any, tuple[_Replica, list[int]]] = {}
        idle = list(self._replicas)
        while shares or busy:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                yield from ((index, Completion("", "deadline")) for share in shares for index in share)
                shares.clear()
            while idle and shares:
                one = idle.pop()
                share = _take_share(shares, one, prompts)
                busy[one.actor.complete.remote([prompts[index] for index in share], left)] = (one, share)
            ready, _ = ray.wait(list(busy)) if busy else ([], [])
            for reference in ready:
                one, share = busy.pop(reference)
                try:
                    answers = ray.get(reference)
                except ray.exceptions.RayActorError as error:
                    shares.append(share)
                    self._give_up(one, error)
                    continue
                idle.append(one)
                yield from ((share[place], completion) for place, completion in answers)

    def _give_up(self, one: _Replica, error: Exception) -> None:
        self._replicas.remove(one)
        if not self._replicas:
            raise ShopBenchError(
                f"the last replica on Ray died ({_last_line(error)}); run the same command again to continue"
            ) from error

    def close(self) -> None:
        """Stop the replicas."""
        import ray

        for one in self._replicas:
            ray.kill(one.actor)
        self._replicas.clear()


def split_by_prefix(prompts: Sequence[Prompt], replicas: int) -> list[list[int]]:
    """Return the prompts' indices in shares; the prompts of a share have all turns except the last in common."""
    size = max(_SMALLEST_SHARE, -(-len(prompts) // (replicas * _SHARES_PER_REPLICA)))
    by_prefix: dict[tuple[Message, ...], list[int]] = {}
    for index, prompt in enumerate(prompts):
        by_prefix.setdefault(prompt.messages[:-1], []).append(index)
    return [
        [index for _, index in chunk]
        for indices in by_prefix.values()
        for _, chunk in groupby(enumerate(indices), key=lambda numbered: numbered[0] // size)
    ]


def _take_share(shares: list[list[int]], one: _Replica, prompts: Sequence[Prompt]) -> list[int]:
    """Remove and return the next share: one whose prefix is in the replica's cache, if there is any."""
    prefixes = [prompts[share[0]].messages[:-1] for share in shares]
    place = next((place for place, prefix in enumerate(prefixes) if prefix in one.prefixes), 0)
    one.prefixes.add(prefixes[place])
    return shares.pop(place)


def _start_actors(settings: EngineSettings, replicas: int, gpus: int) -> list[Any]:
    import ray

    replica = ray.remote(VllmReplica).options(num_cpus=1, num_gpus=gpus if ray.cluster_resources().get("GPU") else 0)
    return [replica.remote(settings) for _ in range(replicas)]


def _last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return " ".join(lines[-1].split()) if lines else type(error).__name__
