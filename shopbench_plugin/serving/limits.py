"""Limits per request and per client, and the refusal of more."""

import math
from dataclasses import dataclass

from fastapi.responses import JSONResponse

from shopbench_plugin.serving.answers import write_error

_BODY_IS_LEFT = (408, 413)


@dataclass(frozen=True, slots=True)
class ServingLimits:
    """Limits per request and per client.

    Attributes:
        request_bytes: maximum size of a request body, and of all pending requests of one client address.
        seconds: time for the body to arrive, and again from then to the answer.
        grace_seconds: how late an engine's answer may be before the request is given up.
        requests_per_second: sustained rate per client address.
        burst: requests of one client address at once.
    """

    request_bytes: int = 1_000_000
    seconds: float = 60.0
    grace_seconds: float = 5.0
    requests_per_second: float = 20.0
    burst: int = 100


class RefusedError(Exception):
    """A request that gets an error object instead of an answer."""

    def __init__(
        self,
        status: int,
        message: str,
        kind: str = "invalid_request_error",
        *,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Create the error object and its response."""
        super().__init__(message)
        headers = {} if retry_after is None else {"Retry-After": str(max(1, math.ceil(retry_after)))}
        if status in _BODY_IS_LEFT:
            headers["Connection"] = "close"
        self.content = write_error(message, kind, param)
        self.response = JSONResponse(self.content, status, headers)
