"""One table, three renderers: every cell is shown as text."""

import io

from rich.console import Console

from shopbench_plugin.core.table import Table, escape_markdown, to_html, to_markdown, to_terminal

TABLE = Table(
    "Scores <b>",
    ["group", "score", "verdict"],
    [["a|b", "0.500", ""], ["[red]c\x1b", "-0.25", "better"], ["total", "not scored", "worse"]],
    sections=[2],
)


def test_the_terminal_gets_lines_between_sections_and_no_markup_from_cells():
    console = Console(file=io.StringIO(), width=60, color_system="truecolor", force_terminal=True)
    console.print(to_terminal(TABLE))
    shown = console.file.getvalue()
    assert "[red]c\\x1b" in shown
    assert shown.count("├") == 1
    assert "\x1b[32m" in shown
    assert "\x1b[31m" in shown


def test_markdown_escapes_what_would_be_markup():
    assert to_markdown(TABLE).splitlines() == [
        "## Scores \\<b\\>",
        "",
        "| group | score | verdict |",
        "| --- | --- | --- |",
        "| a\\|b | 0.500 |  |",
        "| \\[red\\]c\\\\x1b | -0.25 | better |",
        "| total | not scored | worse |",
    ]
    assert escape_markdown("a\nb\u2028c https://x www.y me@z &amp;") == "a b c https\\://x www\\.y me\\@z \\&amp;"


def test_html_escapes_and_marks_numbers_sections_and_verdicts():
    page = to_html(TABLE)
    assert "<caption>Scores &lt;b&gt;</caption>" in page
    assert '<th scope="col" class="number">score</th>' in page
    assert '<tr><th scope="row">a|b</th><td class="number">0.500</td><td></td></tr>' in page
    assert '<tr class="section"><th scope="row">total</th>' in page
    assert '<td class="worse">worse</td>' in page


def test_a_column_of_numbers_is_aligned_to_the_right():
    assert TABLE.find_numeric() == [False, True, False]
