"""Where the text is found that an answer is to be taken from."""

import pytest

from shopbench_plugin.routing.layout import read_layout
from shopbench_plugin.routing.passages import ENTITY_SOURCES, find_entity_source


@pytest.mark.parametrize("name", ENTITY_SOURCES)
def test_every_name_of_a_source_is_one_that_the_layout_gives(name: str) -> None:
    [field] = read_layout(f"Extract the brands.\n{name}: acme teapot\n").fields
    assert (field.name, field.content) == (name, "acme teapot")


@pytest.mark.parametrize("header", ["Query", "Queries", "Product title", "Search queries"])
def test_entities_are_found_under_the_header_of_a_query_or_title(header: str) -> None:
    layout = read_layout(f'Which brands are named in "these"?\nReview: nice pot\n{header}: acme teapot\n')
    assert find_entity_source(layout) == "acme teapot"
