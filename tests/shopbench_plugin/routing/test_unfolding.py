"""Questions in JSON, XML, YAML or CSV read as headers and labelled lists."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbench_plugin.routing.layout import read_layout
from shopbench_plugin.routing.unfolding import unfold

MEMBERS = '{"query": "oak desk", "task": "Choose.", "options": ["A: desk", "B: \\"top\\" lamp"]}'
PIECES = [
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    '"id": 1, ',
    '"a": "b"',
    ", ",
    ": ",
    "\\n",
    '<i id="1">',
    "</i>",
    "- id: 2\n  x: y\n",
]


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
def test_every_character_keeps_its_position(text: str) -> None:
    assert len(unfold(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        pytest.param(
            '{"options": {"A": "tea", "B": "milk"}}', {"A": "tea", "B": "milk"}, id="members with labels as keys"
        ),
        pytest.param('{"a":"tea","b":"milk","c":"rum"}', {"a": "tea", "b": "milk", "c": "rum"}, id="small letters"),
        pytest.param('[{"id": 1, "title": "tea"}, {"id": 2, "title": "milk"}]', {"1": "tea", "2": "milk"}, id="rows"),
        pytest.param(
            '[{"label":"A","text":"tea"},{"label":"B","text":"milk"}]', {"A": "tea", "B": "milk"}, id="labels"
        ),
        pytest.param("{'docs': ['[0] tea', '[1] it is milk']}", {"0": "tea", "1": "it is milk"}, id="Python"),
        pytest.param('<i id="1">tea</i>\n<i id="2">milk</i>', {"1": "tea", "2": "milk"}, id="XML"),
        pytest.param("- id: 1\n  title: tea\n- id: 2\n  title: milk\n", {"1": "tea", "2": "milk"}, id="YAML"),
        pytest.param("id,title\n1,tea\n2,milk\nPick.", {"1": "tea", "2": "milk"}, id="CSV"),
    ],
)
def test_items_are_found_by_their_labels(text: str, items: dict[str, str]) -> None:
    listing = read_layout(text).listing
    assert listing is not None
    assert dict(zip(listing.labels, listing.texts, strict=True)) == items


def test_members_are_the_material_and_the_instruction() -> None:
    layout = read_layout(MEMBERS)
    assert [(field.name, field.content) for field in layout.fields] == [("query", "oak desk")]
    assert "Choose." in layout.instruction
    assert layout.listing is not None
    assert layout.listing.texts == ("desk", '"top " lamp')


@pytest.mark.parametrize(
    "text", ["Rate <b>this</b> mug.", "a < b, c > d", "{brand: tea}", '{"open": "ended', '12" x 8" {mug}', "</i> alone"]
)
def test_anything_else_remains_as_it_is(text: str) -> None:
    assert unfold(text) == text


def test_text_behind_a_value_is_instruction() -> None:
    layout = read_layout("<title>oak desk</title> Extract the material.")
    assert [field.content for field in layout.fields] == ["oak desk"]
    assert layout.instruction.strip() == "Extract the material."


def test_the_objects_of_a_long_list_count_as_one_fragment() -> None:
    products = json.dumps([{"id": number, "title": "mug"} for number in range(25)])
    layout = read_layout(f'{products}\n{{"query": "oak desk"}}\nExtract the material.')
    assert [(field.name, field.content) for field in layout.fields] == [("query", "oak desk")]
