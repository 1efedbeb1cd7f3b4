"""Headless Chromium over the DevTools protocol, for the pages that the project writes and serves.

One browser (the fixture `browser`) opens all pages of a worker, each in a tab and a profile that end with the visit.
"""

import asyncio
import json
import shutil
import subprocess
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.resources import files

import pytest


def find_chromium():
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def start_browser(folder):
    """Start Chromium with its files in `folder`; yield the address to control it by."""
    program = find_chromium()
    if program is None:
        pytest.skip("no chromium is installed: pages are not looked at in a browser")
    flags = ["headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"]
    flags += ["disable-component-update", "disable-sync", f"user-data-dir={folder}", "remote-debugging-port=0"]
    process = subprocess.Popen([program, *(f"--{flag}" for flag in flags)], stderr=subprocess.DEVNULL)
    listening = folder / "DevToolsActivePort"
    try:
        while not (listening.exists() and len(lines := listening.read_text().split()) == 2):
            assert process.poll() is None, "chromium has ended at its start"
            time.sleep(0.02)
        yield "ws://127.0.0.1:{}{}".format(*lines)
    finally:
        process.terminate()
        process.wait(timeout=60)


@asynccontextmanager
async def open_tab(browser, allowed):
    """Open a Tab in a new profile."""
    websockets = pytest.importorskip("websockets.asyncio.client")
    async with websockets.connect(browser) as control:
        whole = Tab(control, ())
        profile = await whole.call("Target.createBrowserContext")
        page = await whole.call("Target.createTarget", url="about:blank", **profile)
        address = f"{browser.partition('/browser/')[0]}/page/{page['targetId']}"
        async with websockets.connect(address, max_size=None) as socket:
            yield Tab(socket, allowed)
        await whole.call("Target.disposeBrowserContext", **profile)


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


def browse(browser, visit, steps):
    """Open the page, take the steps, and return their result."""

    async def run():
        async with open_tab(browser, visit.allowed) as tab:
            await tab.open(visit)
            result = await steps(tab)
            assert tab.complaints == []
            return result

    return asyncio.run(run())
