"""The page to try the model on, in a real browser where there is one."""

import html.parser
import json
import re

import httpx
import pytest

from shopbench_plugin.serving.app import Served
from shopbench_plugin.serving.page import make_page
from tests.browser import Visit, browse
from tests.shopbench_plugin.serving.conftest import TITLE, Engine, serve_predictions

pytestmark = pytest.mark.xdist_group("browser")


class Parser(html.parser.HTMLParser):
    """Collects the attributes of all tags."""

    def __init__(self):
        super().__init__()
        self.attributes = []

    def handle_starttag(self, tag, attrs):
        self.attributes += [name for name, _ in attrs]


def test_the_page_asks_for_nothing_from_elsewhere_and_sets_text_as_text():
    text = make_page().body.decode()
    parser = Parser()
    parser.feed(text)
    assert not {"src", "href", "style", "onclick", "onload"} & set(parser.attributes)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?://|@import|url\(", text)


def test_the_policy_allows_the_pages_own_script_and_style_alone(address):
    response = httpx.get(address)
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["script-src"])
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["style-src"])
    assert response.headers["x-content-type-options"] == "nosniff"


def test_the_page_can_be_left_out():
    with serve_predictions(Engine(), Served("shop", has_page=False)) as address:
        assert httpx.get(address).status_code == 404


ASK = """
(question) => {
  document.getElementById("question").value = question;
  document.getElementById("form").requestSubmit();
}
"""
FINISHED = "document.getElementById('ask').disabled === false && document.getElementById('state').textContent"
SHOWN = """
Object.fromEntries(["answer", "raw", "route", "allowed", "prompt", "state", "error"].map(
  (id) => [id, document.getElementById(id).textContent]))
"""


def ask_in_browser(browser, address, *steps):
    """Take the steps on the page one after the other, and return what it shows after each."""

    async def run(tab):
        shown = []
        for step in steps:
            await tab.evaluate("document.getElementById('state').textContent = ''")
            await tab.evaluate(step)
            await tab.wait_for(FINISHED)
            shown.append(await tab.evaluate(SHOWN))
        return shown, await tab.evaluate("[document.title, document.images.length, document.scripts.length]")

    is_ready = "document.getElementById('model').textContent"
    return browse(browser, Visit(address, is_ready, (f"{address}/",)), run)


@pytest.mark.slow
def test_each_example_is_answered_as_its_type(browser, address):
    press = "document.querySelectorAll('#examples button')[{}].click(); document.getElementById('form').requestSubmit()"
    shown, _ = ask_in_browser(browser, address, *(press.format(number) for number in range(5)))
    types = [re.search(r"Task type([a-z_-]+)Rule", one["route"])[1] for one in shown]
    assert types == ["multiple-choice", "ranking", "retrieval", "named_entity_recognition", "generation"]
    assert [one["state"] for one in shown] == ["finished: stop"] * 5
    assert shown[0]["answer"] == shown[0]["raw"] == "1"
    assert "One of: 0 | 1 | 2 | 3" in shown[0]["allowed"]
    assert "waterproof hiking boots" in shown[0]["prompt"]
    assert shown[4]["answer"] == TITLE
    assert [one["error"] for one in shown] == [""] * 5


@pytest.mark.slow
def test_markup_in_questions_and_answers_is_text(browser):
    mark = "document.title = 'broken into'"
    hostile = f'<img src=x onerror="{mark}"><script>{mark}</script>'

    class Hostile(Engine):
        """Writes markup."""

        @staticmethod
        def write(prompt):
            return [hostile]

    with serve_predictions(Hostile()) as address:
        question = f"Write a title for {hostile}"
        shown, state = ask_in_browser(browser, address, f"({ASK})({json.dumps(question)})")
    assert hostile in shown[0]["prompt"]
    assert shown[0]["raw"] == hostile
    assert state == ["ShopBench playground", 0, 1]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_barrier_before_and_after_an_answer(browser, address, scheme):
    async def run(tab):
        before = await tab.find_barriers()
        await tab.evaluate(f"({ASK})('Write a title for a kettle')")
        await tab.wait_for(FINISHED)
        return before, await tab.find_barriers()

    visit = Visit(address, "document.getElementById('model').textContent", (f"{address}/",), scheme)
    assert browse(browser, visit, run) == ([], [])


@pytest.mark.slow
def test_an_error_is_shown(browser, address):
    shown, _ = ask_in_browser(browser, address, f"({ASK})('explode')")
    assert shown[0]["error"] == "answering failed; see the server's log"
    assert shown[0]["state"] == "no answer"
