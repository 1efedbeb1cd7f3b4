"""Connections that time out, with a limit per address."""

import asyncio
from collections.abc import Iterable
from itertools import count
from typing import Any

import h11
import orjson
from uvicorn.protocols.http.h11_impl import H11Protocol

from shopbench_plugin.serving.answers import write_error

_numbers = count()


class SharedOutProtocol(H11Protocol):
    """Uvicorn's HTTP protocol with limits that uvicorn lacks: time for a request's head, and connections per address.

    The time starts when the connection is free for a request. A new connection over the limit of its address, or over
    the total limit, closes the oldest one that waits for a request; if none waits, only /health is answered on the new
    one. The application limits a request's body; a body that is still arriving when its answer has been sent is not
    read to its end.

    Attributes:
        seconds_for_head: time for a request's head.
        most: total connections; half of the files that a process may have open on most systems.
        most_of_one_address: connections per address.
        spare: how many more are accepted for /health.
    """

    seconds_for_head = 10.0
    most = 512
    most_of_one_address = 128
    spare = 64
    _giving_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Make room for the connection, and start waiting for a request."""
        super().connection_made(transport)
        self.number = next(_numbers)
        others = [one for one in self.connections if isinstance(one, SharedOutProtocol) and one.is_open]
        own = [one for one in others if one.address == self.address]
        if not (_make_room(own, self.most_of_one_address) and _make_room(others, self.most)):
            self.app = _answer_health_alone(self.app)
            if max(len(own) - self.most_of_one_address, len(others) - self.most) > self.spare:
                transport.close()
        self._watch()

    @property
    def address(self) -> str:
        """The connection's remote address; proxies' headers about their clients are ignored."""
        return self.client[0] if self.client else ""

    @property
    def is_open(self) -> bool:
        """Whether the connection counts."""
        return not self.transport.is_closing()

    @property
    def is_waiting(self) -> bool:
        """Whether no request is in progress."""
        return self.cycle is None or self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        """Process the data, and stop waiting if it completed a head."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Start waiting for the next request, or close the connection if the last one is still arriving."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self.transport.close()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        super().connection_lost(exc)
        self._stop_waiting()

    def _watch(self) -> None:
        if not self.is_waiting:
            self._stop_waiting()
        elif self._giving_up is None:
            self._giving_up = self.loop.call_later(self.seconds_for_head, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None


def _make_room(connections: Iterable[SharedOutProtocol], most: int) -> bool:
    """Close the oldest waiting one if there are more than `most`, including the new one; return whether it has room."""
    connections = list(connections)
    if len(connections) <= most:
        return True
    newest = max(one.number for one in connections)
    waiting = [one for one in connections if one.is_waiting and one.number != newest]
    if not waiting:
        return False
    min(waiting, key=lambda one: one.number).transport.close()
    return True


def _answer_health_alone(app: Any) -> Any:
    """Return an ASGI application that passes /health on to `app` and answers everything else with 503."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/health":
            await app(scope, receive, send)
            return
        content = orjson.dumps(write_error("too many connections; try again in a moment", "server_error"))
        headers = [(b"content-type", b"application/json"), (b"connection", b"close"), (b"retry-after", b"1")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return answer
