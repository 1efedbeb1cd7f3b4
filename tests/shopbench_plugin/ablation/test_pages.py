"""The Markdown file and the report."""

from dataclasses import replace

import pytest

from shopbench_plugin.ablation.pages import render_html, render_markdown, write_pages
from shopbench_plugin.ablation.run import run_ablation
from shopbench_plugin.engines.openai_engine import OpenAISettings
from tests.shopbench_plugin.ablation.conftest import make_loader, make_settings


@pytest.fixture(scope="module")
def ablation(tmp_path_factory):
    settings = replace(make_settings(tmp_path_factory.mktemp("pages")), quantized=None)
    return run_ablation(settings, lambda line: None, make_loader())


def read_table(markdown, caption):
    """Return the cells below a heading by the first of their row."""
    lines = markdown.partition(f"## {caption}\n\n")[2].partition("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return rows[0], {row[0]: row[1:] for row in rows[2:]}


def test_the_first_table_has_score_verdict_invalid_answers_and_speed(ablation):
    columns, rows = read_table(render_markdown(ablation), "What each part is worth")
    assert columns[1:] == [
        *("score", "against the full system", "p", "verdict"),
        *("invalid as written", "invalid as scored", "questions per second"),
    ]
    assert list(rows) == [result.variant.name for result in ablation.results]
    assert rows["full system"][1:4] == ["", "", ""]
    assert rows["full system"][4] == "0 of 32 (0.0% to 10.7%)"
    assert rows["neither constraints nor post-processing"][3:6] == [
        "worse",
        "32 of 32 (89.3% to 100.0%)",
        "32 of 32 (89.3% to 100.0%)",
    ]


def test_the_second_table_shows_a_task_type_s_verdict_if_there_is_one(ablation):
    columns, rows = read_table(render_markdown(ablation), "By task type")
    assert columns[1:] == ["multiple-choice", "ranking", "retrieval", "named_entity_recognition"]
    assert rows["full system"][0] == "1.000 (0.631 to 1.000)"
    assert rows["untuned"][0] == "0.000 (0.000 to 0.369), worse"
    assert rows["untuned"][1] == rows["full system"][1]


def test_a_row_that_is_left_out_is_noted(ablation):
    assert "- quantized: the row is left out because the recipe has no 'quantized'." in render_markdown(ablation)


def test_the_score_of_constant_answers_is_noted(ablation):
    # Every question of a task has the same answer here, so that the best constant is always right.
    assert "- Best constant answer of each task, chosen with the references: 1.000." in render_markdown(ablation)


def test_settings_name_the_files_by_what_they_hold(ablation):
    _, rows = read_table(render_markdown(ablation), "Settings and versions")
    assert rows["input"][0].startswith("questions.jsonl (sha256 ")
    assert rows["preset"] == ["fewshot"]


def test_a_name_is_neither_markup_nor_a_link_nor_a_second_line(ablation):
    hostile = "<b>x</b>\n## y [z](https://a.b) www.c.d ![i](j) `k`"
    page = render_markdown(replace(ablation, settings=replace(ablation.settings, engine=OpenAISettings(model=hostile))))
    shown = r"\<b\>x\</b\> ## y \[z\](https\://a.b) www\.c.d !\[i\](j) \`k\`"
    assert f"| {shown} |" in page
    assert "\n## y" not in page


def test_a_bar_in_a_name_does_not_split_a_cell(ablation):
    barred = replace(ablation, settings=replace(ablation.settings, engine=OpenAISettings(model="a|b")))
    assert "| a\\|b |" in render_markdown(barred)


def test_the_report_contains_the_tables_and_every_row_as_a_run(ablation):
    page = render_html(ablation)
    assert "<title>ShopBench ablation</title>" in page
    for text in ("What each part is worth", "By task type", "What each row changes", "What the columns mean"):
        assert f"<caption>{text}</caption>" in page
    for result in ablation.results:
        assert f"<h3>{result.variant.name}</h3>" in page


def test_both_stand_in_the_output_folder(ablation):
    folder = ablation.settings.output_dir
    assert write_pages(ablation, folder) == (folder / "ablation.md", folder / "ablation.html")
    assert (folder / "ablation.md").read_text(encoding="utf-8") == render_markdown(ablation)
