"""The page to try the model on, in a real browser where there is one."""

import html.parser
import re

import httpx

from shopbench_plugin.serving.app import Served
from shopbench_plugin.serving.page import make_page
from tests.shopbench_plugin.serving.conftest import Engine, serve_predictions


class Parser(html.parser.HTMLParser):
    """Collects the attributes of all tags."""

    def __init__(self):
        super().__init__()
        self.attributes = []

    def handle_starttag(self, tag, attrs):
        self.attributes += [name for name, _ in attrs]


def test_the_page_asks_for_nothing_from_elsewhere_and_sets_text_as_text():
    text = make_page().content.decode()
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
