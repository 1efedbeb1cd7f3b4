"""The report as a file, and in a browser: no text in it may run as code."""

import json
import re
from html.parser import HTMLParser
from importlib.util import find_spec

import pytest

from shopbench_plugin.core.table import Table
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.scoring import compare, evaluate
from shopbench_plugin.scoring.published import read_published
from shopbench_plugin.scoring.report import Report, Run, render_report
from tests.browser import Visit
from tests.browser import browse as open_in_browser

pytestmark = [
    pytest.mark.skipif(not (find_spec("jinja2") and find_spec("plotly")), reason="needs jinja2 and plotly"),
    pytest.mark.xdist_group("browser"),
]

MARK = "document.title = 'broken into'"
HOSTILE = [
    f"<script>{MARK}</script>",
    f'<img src=x onerror="{MARK}">',
    f"</script><script>{MARK}</script>",
    f'" autofocus onfocus="{MARK}',
    f'<svg onload="{MARK}"><a href="javascript:{MARK}">x</a>',
    "<!--<script>",
    "{{ 7 * 7 }} {% raw %}",
    "\u2028\u2029 9223372036854775808, " + "9" * 30,
]


@pytest.fixture
def runs(answered):
    """Two runs over texts that try to break in, in every place a text can come from."""

    def make(name, prediction):
        rows = [
            answered(
                f"{prediction} {text}",
                1,
                text=text,
                task=text,
                track=text,
                raw=text,
                finish_reason=text,
                messages=[{"role": text, "content": text}],
                cuts=[text],
                **{text: text},
            )
            for text in HOSTILE
        ]
        retrieval = [answered(text, [1], text=text, task="list", task_type=TaskType.RETRIEVAL) for text in HOSTILE]
        return Run(name, evaluate([*rows, *retrieval]), {text: text for text in HOSTILE})

    return [make(HOSTILE[0], "1"), make(HOSTILE[1], "0")]


@pytest.fixture
def page(runs):
    comparison = compare(runs[0].evaluation, runs[1].evaluation, (runs[0].name, runs[1].name))
    table = Table(HOSTILE[1], HOSTILE[:2], [[HOSTILE[1], HOSTILE[2]]])
    return render_report(Report(runs, [comparison], [table], HOSTILE[2], made={HOSTILE[1]: HOSTILE[2]}))


class Markup(HTMLParser):
    """Collects the elements and attributes that a browser would make of a page."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.attributes = [], {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        for name, value in attributes:
            self.attributes.setdefault(name, []).append(value)


def test_no_text_from_outside_becomes_markup(page):
    markup = Markup(page)
    assert markup.elements.count("script") == 3
    assert not {"img", "svg", "iframe", "link", "object", "base"} & set(markup.elements)
    assert not [name for name in markup.attributes if name.startswith("on")]
    assert all(place.startswith("#") for place in markup.attributes["href"])
    assert "src" not in markup.attributes


def test_no_text_from_outside_is_taken_for_a_template(page):
    assert "{{ 7 * 7 }} {% raw %}" in page


def test_the_policy_names_the_scripts_by_hash_and_allows_no_other_source(page):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    script_sources = policy.split("script-src ")[1].split(";")[0].split()
    assert len(script_sources) == 2
    assert all(source.startswith("'sha256-") for source in script_sources)


def test_every_chart_has_its_numbers_as_a_table(page):
    assert page.count('class="chart"') == page.count("<summary>Numbers</summary>") == 6
    assert page.count("<table>") >= 8


@pytest.mark.parametrize("chart", ["tracks", "losses"])
def test_groups_whose_short_names_repeat_have_bars_of_their_own(answered, chart):
    tracks = ("x", "amazon-kdd-cup-24-x", "amazon-kdd-cup-24-y", "all around")
    rows = [answered("1", task=f"task of {track}", track=track) for track in tracks]
    page = render_report(Report([Run("run", evaluate(rows))]))
    figures = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])["figures"]
    names = ["track x", "track amazon-kdd-cup-24-x", "y", "all around", "all around (mean of tracks)"]
    if chart == "tracks":
        names.insert(4, "mean of tasks (the kit&#x27;s Overall Score)")
    assert json.loads(figures[chart])["data"][0]["y"] == names


def test_published_scores_constant_answers_and_what_a_task_asks_are_on_the_page(evaluate_choices):
    track = "amazon-kdd-cup-24-user-behavior-alignment"
    right, wrong = (evaluate_choices(track=track, task1=letters * 12) for letters in "10")
    report = Report(
        [Run("right", right), Run("wrong", wrong)],
        comparisons=[compare(right, wrong, ("right", "wrong"))],
        constant=right,
        published=read_published("kdd-cup"),
    )
    page = render_report(report)
    assert report.find_best() == 0
    assert [score.score for score in report.find_comparable()] == [0.722]
    assert "<summary>wrong against right: -1.000, worse</summary>" in page
    figures = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])["figures"]
    names = [trace["name"] for trace in json.loads(figures["tracks"])["data"]]
    assert names == ["right", "wrong", "best constant answers", "published (conditions in the tables below)"]
    assert page.index('id="tracks"') < page.index("What each task asks")


def test_the_same_scores_give_the_same_page(runs):
    assert render_report(Report(runs[:1])) == render_report(Report(runs[:1]))


@pytest.fixture
def browse(browser, tmp_path):
    """Return a function that opens a page from a file and returns what the steps on it return."""

    def browse(content, steps, scheme="light"):
        path = tmp_path / "report.html"
        path.write_text(content, encoding="utf-8")
        is_ready = "document.querySelector('.chart .main-svg')"
        return open_in_browser(browser, Visit(path.as_uri(), is_ready, ("file:", "data:"), scheme), steps)

    return browse


@pytest.mark.slow
def test_no_text_runs_in_the_browser_even_when_every_question_is_open(browse, page):
    async def steps(tab):
        await tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        await tab.evaluate("new Promise(done => setTimeout(done, 500))")
        await tab.evaluate("document.querySelectorAll('#list details details').forEach(one => { one.open = true; })")
        shown = await tab.evaluate("[...document.querySelectorAll('#list pre')].map(one => one.textContent)")
        markup = await tab.evaluate(
            "document.querySelectorAll('img, iframe, #list svg, #list script, a[href^=j]').length"
        )
        return shown, markup, await tab.evaluate("document.title"), await tab.evaluate("document.scripts.length")

    shown, markup, title, scripts = browse(page, steps)
    assert set(HOSTILE) <= set(shown)
    assert (markup, title, scripts) == (0, HOSTILE[2], 3)


@pytest.mark.slow
def test_the_worst_come_first_and_filters_narrow_the_list(browse, evaluate_choices):
    page = render_report(Report([Run("run", evaluate_choices(task1="101", task2="x1"))]))

    async def steps(tab):
        badges = "[...document.querySelectorAll('#list .badge')].map(one => one.textContent)"
        choose = "(name, value) => {{ const one = document.querySelector(`[name=${{name}}]`); one.value = value; "
        choose += "one.dispatchEvent(new Event('input', {{bubbles: true}})); }}"
        found = [await tab.evaluate(badges)]
        for name, value in (("order", "file"), ("task", "task2"), ("cause", "format"), ("text", "no such text")):
            await tab.evaluate(f"({choose.format()})({name!r}, {value!r})")
            found.append(await tab.evaluate(badges))
        return found, await tab.evaluate("document.getElementById('found').textContent")

    found, status = browse(page, steps)
    right, wrong = "1.000", "0.000"
    assert found == [
        [wrong, wrong, right, right, right],
        [right, wrong, right, wrong, right],
        [wrong, right],
        [wrong],
        [],
    ]
    assert status == "Questions: none (5 in all)"


@pytest.mark.slow
def test_the_list_opens_on_the_best_run_and_grows_as_one_scrolls(browse, evaluate_choices):
    worse, better = evaluate_choices(resamples=0, task1="0" * 300), evaluate_choices(resamples=0, task1="1" * 300)
    page = render_report(Report([Run("worse", worse), Run("better", better)]))

    async def steps(tab):
        count = "document.querySelectorAll('#list > details').length"
        scroll = "new Promise(done => { const look = () => { scrollTo(0, document.body.scrollHeight); "
        scroll += f"{count} === 300 ? done() : setTimeout(look, 50); }}; look(); }})"
        first = await tab.evaluate(count)
        await tab.evaluate(scroll)
        chosen = await tab.evaluate("document.querySelector('[name=run]').selectedOptions[0].textContent")
        more = await tab.evaluate("document.getElementById('more').textContent")
        return first < 300, chosen, more

    assert browse(page, steps) == (True, "better", "")


@pytest.mark.slow
def test_a_question_opens_with_the_keyboard(browse, evaluate_choices):
    page = render_report(Report([Run("run", evaluate_choices(task1="10"))]))

    async def steps(tab):
        await tab.evaluate("document.querySelector('#filters input').focus()")
        await tab.press("Tab")
        focused = await tab.evaluate("document.activeElement.closest('#list details') !== null")
        await tab.press("Enter")
        await tab.evaluate("new Promise(done => setTimeout(done, 200))")
        return focused, await tab.evaluate("document.querySelector('#list details').open")

    assert browse(page, steps) == (True, True)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_charts_stand_out_in_light_and_dark(browse, evaluate_choices, scheme):
    page = render_report(Report([Run("run", evaluate_choices(task1="10"))]))

    async def steps(tab):
        body = "getComputedStyle(document.body)"
        label = await tab.evaluate("getComputedStyle(document.querySelector('.chart .ytick text')).fill")
        return await tab.evaluate(f"{body}.color"), label, await tab.evaluate(f"{body}.backgroundColor")

    text, label, background = browse(page, steps, scheme)
    assert measure_contrast(text, background) > 7
    assert measure_contrast(label, background) > 7


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_barrier_with_everything_open(browse, evaluate_choices, scheme):
    runs = [Run("one", evaluate_choices(task1="10", task2="01")), Run("two", evaluate_choices(task1="11", task2="00"))]

    async def steps(tab):
        for _ in range(2):  # the list is filled where it opens
            await tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            await tab.evaluate("new Promise(done => setTimeout(done, 300))")
        return await tab.find_barriers()

    assert browse(render_report(Report(runs)), steps, scheme) == []


def measure_contrast(one, other):
    """Return WCAG 2's contrast ratio of two CSS colours."""

    def weigh(colour):
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((weigh(one), weigh(other)))
    return (light + 0.05) / (dark + 0.05)
