"""Waiting questions of many clients, served in turn, with a limit on one client's pending questions."""

import threading
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from shopbench_plugin.core.errors import ShopBenchError

T = TypeVar("T")

LONG_BYTES = 16_000
"""A question of at least this size is answered alone: reading and cutting it takes as long as many short ones."""

_DOUBLE_BYTES = 4_000
"""Size of a question that counts twice its bytes."""


class OverShareError(ShopBenchError):
    """A client has reached its limit of pending questions."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits on pending questions.

    Attributes:
        client_bytes: of one client, waiting or being answered; a single larger question passes.
        client_questions: the same, counted in questions.
        most_waiting: questions of all clients that may wait.
        most_at_once: questions of one batch.
        batch_bytes: bytes of one batch, longer questions weighed more (`weigh`).
    """

    client_bytes: int = 1_000_000
    client_questions: int = 100
    most_waiting: int = 4096
    most_at_once: int = 256
    batch_bytes: int = 256_000


@dataclass(frozen=True, slots=True)
class Ticket(Generic[T]):
    """An item with its client and size."""

    item: T
    client: str
    size: int


def weigh(size: int) -> int:
    """Return what a question of `size` bytes counts in a batch: attention's cost grows with the square of the length.

    A batch of the default size holds 256 questions of 0.8 kB, 85 of 2 kB or three of 15 kB, so that a client that comes
    while another one's batch is answered does not wait for long.
    """
    return size + size * size // _DOUBLE_BYTES


class FairQueue(Generic[T]):
    """A queue that takes from each client in turn; threads may share it."""

    def __init__(self, bounds: Bounds) -> None:
        """Create an empty queue."""
        self._bounds = bounds
        self._changed = threading.Condition()
        self._waiting: OrderedDict[str, deque[Ticket[T]]] = OrderedDict()
        self._bytes: Counter[str] = Counter()
        self._questions: Counter[str] = Counter()
        self._is_closed = False

    def put(self, item: T, client: str, size: int) -> Ticket[T]:
        """Add an item of `size` bytes; it counts as its client's until `release`.

        Raises:
            OverShareError: the client has too much pending.
            ShopBenchError: too many items of all clients are waiting.
        """
        ticket = Ticket(item, client, size)
        bounds = self._bounds
        with self._changed:
            if sum(map(len, self._waiting.values())) >= bounds.most_waiting:
                raise ShopBenchError("too many questions are waiting; try again in a moment")
            if self._questions[client] and (
                self._bytes[client] + size > bounds.client_bytes or self._questions[client] >= bounds.client_questions
            ):
                raise OverShareError("this client has too many pending requests; wait for their answers")
            self._bytes[client] += size
            self._questions[client] += 1
            self._waiting.setdefault(client, deque()).append(ticket)
            self._changed.notify()
        return ticket

    def release(self, ticket: Ticket[T]) -> None:
        """Stop counting an item that is answered or given up."""
        with self._changed:
            self._bytes[ticket.client] -= ticket.size
            self._questions[ticket.client] -= 1
            if not self._questions[ticket.client]:
                del self._bytes[ticket.client], self._questions[ticket.client]

    def close(self) -> None:
        """Let `take` return the waiting items, and then nothing."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def take(self) -> list[Ticket[T]]:
        """Wait for items and return the next batch, one from each client in turn; [] once closed and empty.

        A long item is returned alone, when it is its client's turn; a client whose item had to wait for that is first
        in the next batch. If others wait too, one client's items in a batch are together no longer than a long one.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            if not self._waiting:
                return []
            share = LONG_BYTES if len(self._waiting) > 1 else self._bounds.batch_bytes
            batch = [self._pop(next(iter(self._waiting)))]
            left = self._bounds.batch_bytes - weigh(batch[0].size)
            if batch[0].size >= LONG_BYTES:
                return batch
            taken = Counter({batch[0].client: batch[0].size})
            while len(batch) < self._bounds.most_at_once:
                client = next(
                    (
                        one
                        for one, line in self._waiting.items()
                        if weigh(line[0].size) < left and line[0].size < min(LONG_BYTES, share - taken[one])
                    ),
                    None,
                )
                if client is None:
                    break
                batch.append(self._pop(client))
                left -= weigh(batch[-1].size)
                taken[client] += batch[-1].size
            return batch

    def _pop(self, client: str) -> Ticket[T]:
        line = self._waiting.pop(client)
        ticket = line.popleft()
        if line:
            self._waiting[client] = line  # at the end: its next turn comes after all others'
        return ticket
