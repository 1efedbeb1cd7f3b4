import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbench_plugin.ecinstruct.literals import parse_list, parse_object, write_json
from shopbench_plugin.ecinstruct.rows import RowError

TITLES = st.text(st.sampled_from(list("abé子 A:,'\"\\\n[]{}")), max_size=12)


@given(st.lists(TITLES, max_size=6))
def test_a_list_is_read_as_python_prints_it(titles):
    assert parse_list(repr(titles), "options") == titles


@given(st.lists(TITLES, max_size=6))
def test_a_list_is_read_as_json_writes_it(titles):
    assert parse_list(write_json(titles), "options") == titles


@given(st.lists(TITLES, min_size=1, max_size=4), st.data())
def test_a_damaged_list_is_read_as_python_reads_it_or_refused(titles, data):
    text = repr(titles)
    place = data.draw(st.integers(0, len(text) - 1))
    damaged = text[:place] + data.draw(st.sampled_from("'\"\\,[] x")) + text[place + 1 :]
    try:
        expected = ast.literal_eval(damaged)
    except (ValueError, SyntaxError):
        expected = None

    if isinstance(expected, list):
        assert parse_list(damaged, "options") == expected
    else:
        with pytest.raises(RowError):
            parse_list(damaged, "options")


def test_what_is_neither_json_nor_a_literal_is_refused_by_name():
    with pytest.raises(RowError, match=r"options is neither JSON nor a Python literal: '\[A: x, B: y\]'"):
        parse_list("[A: x, B: y]", "options")


def test_a_literal_of_many_megabytes_is_refused_without_being_evaluated():
    with pytest.raises(RowError, match=r"of 10,000,002 characters"):
        parse_list("(" + "1," * 5_000_000 + ")", "options")


def test_a_list_is_no_object():
    with pytest.raises(RowError, match="input is not a JSON object"):
        parse_object("[1]", "input")


@pytest.mark.parametrize("text", ['{"price": NaN}', '{"document": ["a", NaN], "b": Infinity}'])
def test_an_object_with_nan_is_read_and_written_as_data_frames_write_it(text):
    assert write_json(parse_object(text, "input")) == text


@pytest.mark.parametrize("text", ["{'price': 'nan', }", '{"price": None}'])
def test_an_object_that_python_printed_is_read(text):
    assert parse_object(text, "input") == ast.literal_eval(text)


@pytest.mark.parametrize("text", ['{"price": NaN', '{"a": ' * 100_000])
def test_a_damaged_object_is_refused(text):
    with pytest.raises(RowError, match="input is neither JSON nor a Python literal"):
        parse_object(text, "input")


def test_an_absent_value_of_a_list_is_not_read_as_a_text():
    with pytest.raises(RowError, match="output is neither JSON nor a Python literal"):
        parse_list('[{"attribute": "size", "value": NaN}]', "output")


def test_json_keeps_keys_order_and_characters():
    text = '{"b": "größe — 5\\"", "a": ["子"]}'

    assert write_json(parse_object(text, "input")) == text
