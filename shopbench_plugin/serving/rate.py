"""Rate limiting: a token bucket per client, refilled at a steady rate."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_MOST_CLIENTS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimiter:
    """Lets each client send `burst` requests at once, and `per_second` in the long run.

    Above ten thousand clients, the least recently active ones are forgotten.
    """

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with full buckets; `clock` returns the time in seconds."""
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, client: str, tokens: int = 1) -> float:
        """Take the tokens for a request of `client` if there is one left; return 0, or the seconds until there is.

        A long request may take more than are left; the client's next ones wait for them.
        """
        now = self._clock()
        bucket = self._buckets.pop(client, None) or _Bucket(self._burst, now)
        self._buckets[client] = bucket  # at the end: the most recently active
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._per_second)
        bucket.filled_at = now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._per_second
        bucket.tokens -= tokens
        return 0.0

    def give_back(self, client: str, tokens: int) -> None:
        """Return tokens of a request that turned out to be shorter."""
        bucket = self._buckets.get(client)
        if bucket is not None:
            bucket.tokens += tokens
