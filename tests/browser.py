"""Headless Chromium over the DevTools protocol, for the pages that the project writes and serves."""

import asyncio
import json
import re
import shutil
import subprocess
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files

import pytest


def find_chromium():
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def start_browser(profile):
    program = find_chromium()
    if program is None:
        pytest.skip("no chromium is installed: pages are not looked at in a browser")
    flags = ["headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"]
    flags += ["disable-component-update", "disable-sync", f"user-data-dir={profile}", "remote-debugging-port=0"]
    process = subprocess.Popen(
        [program, *(f"--{flag}" for flag in flags), "about:blank"], stderr=subprocess.PIPE, text=True
    )
    try:
        port = next(match[1] for line in process.stderr if (match := re.search(r"ws://127\.0\.0\.1:(\d+)/", line)))
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


def find_page_address(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
        return next(tab["webSocketDebuggerUrl"] for tab in json.load(answer) if tab["type"] == "page")


class Tab:
    """One page over the DevTools protocol; collects complaints, and requests to other than the `allowed` addresses."""

    def __init__(self, socket, allowed):
        self.socket, self.allowed, self.number, self.complaints = socket, allowed, 0, []

    async def call(self, method, **parameters):
        self.number += 1
        await self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while (message := json.loads(await self.socket.recv())).get("id") != self.number:
            self.listen(message)
        assert "error" not in message, message
        return message["result"]

    def listen(self, event):
        if event["method"] in {"Runtime.exceptionThrown", "Log.entryAdded"}:
            self.complaints.append(event)
        if event["method"] == "Network.requestWillBeSent":
            address = event["params"]["request"]["url"]
            self.complaints.extend([] if address.startswith(self.allowed) else [address])

    async def evaluate(self, expression):
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def find_barriers(self):
        """Return what axe-core calls serious or critical: each rule with the first element that breaks it."""
        await self.evaluate(files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
        return await self.evaluate(
            "axe.run().then(({ violations }) => violations.filter(({ impact }) => /serious|critical/.test(impact))"
            ".map(({ id, nodes }) => `${id}: ${nodes[0].html}`))"
        )

    async def press(self, key):
        code = {"Enter": 13, "Tab": 9}[key]
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    async def open(self, visit):
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{domain}.enable")
        features = [{"name": "prefers-color-scheme", "value": visit.scheme}]
        await self.call("Emulation.setEmulatedMedia", features=features)
        await self.call("Page.navigate", url=visit.address)
        await self.wait_for(f"document.readyState === 'complete' && {visit.is_ready}")

    async def wait_for(self, condition):
        await self.evaluate(
            f"new Promise(done => {{ const look = () => {condition} ? done() : setTimeout(look, 50); look(); }})"
        )


@dataclass(frozen=True)
class Visit:
    """An address, what tells that its page is ready, and how the addresses begin that it may ask for."""

    address: str
    is_ready: str
    allowed: tuple[str, ...]
    scheme: str = "light"


def browse(profile, visit, steps):
    """Open the page, take the steps, and return their result; the test is skipped where there is no browser."""
    websockets = pytest.importorskip("websockets.asyncio.client")

    async def run():
        async with websockets.connect(find_page_address(port), max_size=None) as socket:
            tab = Tab(socket, visit.allowed)
            await tab.open(visit)
            result = await steps(tab)
            assert tab.complaints == []
            return result

    with start_browser(profile) as port:
        return asyncio.run(run())
