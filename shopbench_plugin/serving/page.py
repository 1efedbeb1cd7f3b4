"""The page to try the model: one HTML file, and headers that restrict it to this server."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from fastapi.responses import Response

_INLINE = re.compile(rb"<(script|style)>(.*?)</\1>", re.DOTALL)


def make_page() -> Response:
    """Return the page; its policy allows its own script and style by their hashes, and requests to this server."""
    content = files("shopbench_plugin.serving").joinpath("page.html").read_bytes()
    hashes = {kind.decode(): b64encode(sha256(text).digest()).decode() for kind, text in _INLINE.findall(content)}
    policy = (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}'; style-src 'sha256-{hashes['style']}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Response(
        content,
        media_type="text/html; charset=utf-8",
        headers={
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-cache",
        },
    )
