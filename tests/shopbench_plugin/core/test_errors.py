"""An error is one line that a terminal can print, whatever it quotes."""

import pytest

from shopbench_plugin.core.errors import ShopBenchError, shorten, unknown_name


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        ("two\nlines", "two\\nlines"),
        ("clear\x1b[2J the screen", "clear\\x1b[2J the screen"),
        ("half a character \ud800", "half a character \\ud800"),
        ("next\u2028paragraph", "next\\u2028paragraph"),
        ("テント größer", "テント größer"),
    ],
)
def test_what_a_terminal_would_not_print_as_text_is_escaped(quoted, shown):
    assert str(ShopBenchError(f"{quoted}: no such task")) == f"{shown}: no such task"


def test_a_long_message_is_cut():
    assert str(ShopBenchError("x" * 5_000)) == "x" * 4_000 + " ..."


@pytest.mark.parametrize(("value", "shown"), [("a\n", r"'a\n'"), (None, "None"), ("x" * 78, f"'{'x' * 78}'")])
def test_a_short_value_is_quoted_whole(value, shown):
    assert shorten(value) == shown


def test_a_long_value_is_quoted_in_80_characters():
    assert shorten("x" * 79) == f"'{'x' * 76}..."


def test_a_long_unknown_name_is_cut():
    assert str(unknown_name("field", "y" * 200, ["a"])) == f"unknown field '{'y' * 100}...'; Known: a"
