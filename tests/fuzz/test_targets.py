"""The rules that the fuzzer tries for hours hold of its seeds, of seeds with words mixed in, and of what it found."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.forms.registry import find_form
from fuzz import answers, known_questions, known_recipes, known_rows, known_sources, scores
from fuzz.rules import BrokenRuleError
from fuzz.targets import TARGETS
from shopbench_plugin.ecinstruct.rows import Example
from shopbench_plugin.routing import route
from shopbench_plugin.scoring import parsers

EXAMPLES = 60

FOUND = {
    "a name with a line end is quoted in an error": ("questions", b'{"input_field\\nx": "a"}'),
    "a key with a paragraph separator": ("questions", '{"input_field": "a", "task_\u2028type": "ranking"}'.encode()),
    "a task type of two lines": ("predictions", b'{"input_field": "a", "task_type": "x\\ny"}'),
    "a key of YAML that is a list": ("yaml", b"? [a]\n: b"),
    "a key of YAML that is a mapping": ("yaml", b"? {a: 1}\n: b"),
    "a date that no month has": ("yaml", b"model: 2001-99-99"),
    "an integer tag on a word": ("yaml", b"model: !!int one"),
    "an integer tag on nothing": ("yaml", b"model: !!int ''"),
    "a truth tag on a word": ("yaml", b"model: !!bool one"),
    "a time tag on a word": ("yaml", b"model: !!timestamp one"),
    "a number of five thousand digits": ("yaml", b"model: " + b"1" * 5000),
    "lists within lists": ("yaml", b"[" * 700),
    "a journal's place that is a truth": ("journal", b'{"run":"a run"}\n{"index":true,"row":{}}\n'),
    "a journal's place before the first": ("journal", b'{"run":"a run"}\n{"index":-1,"row":{}}\n'),
    "a label without a value": (
        "ecinstruct-scores",
        b'\0OOD\0[{"attribute": "colour"}]\0[{"attribute": "colour", "value": "red", "source": "title"}]\0',
    ),
    "a run of words over a comma of the query": ("repair", b"\x0cQuery: lamp, red shade\0lamp red shade"),
    "an end of thinking in the question": ("repair", b"\x0fWhat is </think> tea?\0"),
    "an end of thinking in the passage": (
        "repair",
        b"\x00Extract one keyphrase from the review.\nReview: what </think> fine tea\0what think fine tea",
    ),
    "an end of thinking in the query": ("repair", b"\x0cQuery: what</think>tea\0what think tea"),
    "an end of thinking with a control character in it": ("repair", b"\x0f?\0</t\x0chink>`%"),
    "a no-break space in the query": ("repair", "\x0cQuery: croquettes 10\u00a0kg\u000010 kg".encode()),
}


@pytest.mark.parametrize(("target", "content"), FOUND.values(), ids=FOUND)
def test_what_was_found_is_mended(target: str, content: bytes) -> None:
    TARGETS[target].check(content)


@pytest.mark.parametrize(
    ("module", "name", "value", "broken"),
    [
        (parsers, "CHARACTERS_READ", 6_000, "read too far"),
        (scores, "is_unparsable", lambda _: False, "not what counts as nothing"),
    ],
)
def test_a_parser_that_keeps_no_rule_is_found(monkeypatch, module, name, value, broken) -> None:
    monkeypatch.setattr(module, name, value)
    with pytest.raises(BrokenRuleError, match=broken):
        TARGETS["parsers"].check(b"tea")


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_seeds_keep_the_rule(target) -> None:
    seeds = list(target.seeds())
    assert len(seeds) > 0
    for seed in seeds:
        target.check(seed)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_seeds_with_anything_mixed_in_keep_the_rule(target) -> None:
    words = st.sampled_from([word.encode("utf-8", "surrogatepass") for word in target.words])
    pieces = st.one_of(words, st.binary(max_size=8), st.text(max_size=8).map(str.encode))
    cuts = st.tuples(st.integers(0, 2_000), st.integers(0, 20), pieces)

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(st.one_of(st.binary(max_size=50), st.sampled_from(list(target.seeds()))), st.lists(cuts, max_size=6))
    def check(seed: bytes, edits: list[tuple[int, int, bytes]]) -> None:
        content = seed
        for place, length, piece in edits:
            start = place % (len(content) + 1)
            content = content[:start] + piece + content[start + length :]
        target.check(content)

    check()


def test_an_answer_that_is_not_found_again_is_a_finding(monkeypatch) -> None:
    monkeypatch.setattr(answers, "repair", lambda _raw, _routed: "9")
    with pytest.raises(BrokenRuleError, match="another answer"):
        TARGETS["known-answers"].check(b"tea")


def test_a_file_that_is_read_as_other_rows_is_a_finding(monkeypatch) -> None:
    monkeypatch.setattr(known_sources, "read_source", lambda _path: iter([]))
    with pytest.raises(BrokenRuleError, match="other rows are read than were written"):
        TARGETS["known-sources"].check(b"\0\0a\0b\0c\0d\0e")


def test_a_row_that_is_converted_to_another_answer_is_a_finding(monkeypatch) -> None:
    monkeypatch.setattr(
        known_rows, "find_form", lambda record, forms: replace(find_form(record, forms), rewrite=answer_x)
    )
    with pytest.raises(BrokenRuleError, match="another answer than the known one"):
        TARGETS["known-rows"].check(b"\0\0\0tea\0cup\0pot")


def answer_x(row, _rewritings, _draw) -> Example:
    return Example(row.instruction, row.input, "x")


def test_a_question_that_is_read_as_another_one_is_a_finding(monkeypatch) -> None:
    monkeypatch.setattr(known_questions, "route", lambda _text, _told: route("Explain tea."))
    with pytest.raises(BrokenRuleError, match="another task type"):
        TARGETS["known-questions"].check(b"tea")


def test_a_mistake_in_a_recipe_that_is_not_told_is_a_finding(monkeypatch) -> None:
    mistaken = b"\0" * 10 + b"\1\0"
    TARGETS["known-recipes"].check(mistaken)
    monkeypatch.setattr(known_recipes, "find_all", lambda _facts: [])
    with pytest.raises(BrokenRuleError, match=r"a mistake is not told, .*lora_rnk"):
        TARGETS["known-recipes"].check(mistaken)
