"""The targets by name: what is checked, where the fuzzer begins, and words that it may mix in."""

import gzip
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from fuzz import answers, known_questions, known_recipes, known_rows, known_sources, questions, readers, scores, sources

_ROOT = Path(__file__).resolve().parents[1]
_ROWS = 40
_JSON: tuple[str, ...] = ('"input_field":', '"output_field":', '"task_type":', '"metric":')
_JSON += ("null", "true", "1e999", "-0", "\\ud800", "[[", "{}")
_ECINSTRUCT = ('"task":', '"split":', '"setting":', '"instruction":', '"input":', '"options":', '"output":')
_FIELDS: tuple[str, ...] = ("\0", "[1,2]", '["a"]', "null", "true", "NaN", "['", "', '", "A: ", "{}", "Test")
_FIELDS += ('{"product list": [', "\\u00e9")
_CUES: tuple[str, ...] = ("Rank", "Select 3", "indices", "Output: ", "Answer: ", "Query: ", "Review: ")
_CUES += ("\n0. ", "\n1. ", "\nA: ", "1-5", "・")
_SAID = ("the answer is", "</think>", "|", "1,2", "```", '["', ", ", "Output:", "١", "½", "三", "İ", "ß")
_YAML = ("? ", ": ", "- ", "&a ", "*a", "<<: *a", "!!", "!!int ", "2001-99-99", "1:2", "---", "%YAML 1.1", "picks:")


@dataclass(frozen=True, slots=True)
class Target:
    """One rule to try.

    Attributes:
        check: raises where the rule doesn't hold of a content.
        seeds: returns contents to begin with.
        words: pieces of text worth mixing in.
    """

    check: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[str, ...] = ()


def _read_lines(name: str) -> list[bytes]:
    with (_ROOT / "data" / name).open("rb") as stream:
        lines = stream.readlines()
    return lines[:: max(1, len(lines) // _ROWS)]


def _development_rows() -> list[bytes]:
    return _read_lines("shopbench_sample_development.jsonl")


def _ecinstruct_rows() -> list[bytes]:
    return _read_lines("ecinstruct_sample.jsonl")


def _question_texts() -> list[bytes]:
    return [b"\0" + orjson.loads(line)["input_field"].encode() for line in _development_rows()]


def _join_fields(lines: Iterable[bytes], names: Sequence[str]) -> list[bytes]:
    rows = [orjson.loads(line) for line in lines]
    return [b"\0".join(_write_field(row.get(name, "")) for name in names) for row in rows]


def _write_field(value: object) -> bytes:
    return value.encode() if isinstance(value, str) else orjson.dumps(value)


def _answered_questions() -> list[bytes]:
    answers = (b"1", b"2, 4, 1", b"the answer is B", b"['red', \"pan\"]", b"- one\n- two", b"")
    asked = enumerate(_question_texts())
    return [bytes([number % 18]) + text[1:] + b"\0" + answers[number % len(answers)] for number, text in asked]


def _source_files() -> list[bytes]:
    rows = _ecinstruct_rows()
    array = b"[" + b",".join(rows[:3]) + b"]"
    columns = BytesIO()
    pq.write_table(pa.Table.from_pylist([orjson.loads(row) for row in rows[:3]]), columns)
    return [
        b"\0" + b"".join(rows[:3]),
        b"\0" + array,
        b"\1" + gzip.compress(array),
        b"\2" + columns.getvalue(),
        *(b"\0" + row for row in rows),
    ]


def _known_files() -> list[bytes]:
    texts = b"\0".join([b"Rank, please.", b"{}", b"A", b"[1]", b"None"] * 2)
    return [bytes([form, spelling]) + texts for form in range(known_sources.FORMS) for spelling in range(0, 64, 3)]


def _predictions() -> list[bytes]:
    return [row.replace(b"{", b'{"prediction":"1","raw":"1",', 1) for row in _development_rows()]


def _journals() -> list[bytes]:
    start = b'{"run":"a run"}\n'
    odd = [start + b'{"index":%s,"row":{}}\n' % index for index in (b"true", b"-1", b"1e3", b'"1"')]
    return [
        *odd,
        start,
        start + b'{"index":0,"row":{}}\n',
        start + b'{"index":1,"row":{}}\n{"index',
        b"",
        b'{"run":"b"}\n',
    ]


def _yaml_files() -> list[bytes]:
    folders = (_ROOT / "shopbench_plugin" / "demonstrations" / "presets", *(_ROOT / "llamafactory_configs").iterdir())
    return [path.read_bytes() for folder in folders for path in islice(sorted(folder.glob("*.yaml")), 6)]


def _swap_files() -> list[bytes]:
    return [(_ROOT / "converters" / "ecinstruct" / "swaps.yaml").read_bytes()]


def _ecinstruct_answers() -> list[bytes]:
    triples = b'[{"attribute": "colour", "value": "red", "source": "title"}]'
    return [
        b"\0\0".join([b"", triples + b"\0" + triples]),
        *(b"t" * task + b"\0OOD\0A,B\0B,A\0ES" for task in range(10)),
    ]


TARGETS = {
    "questions": Target(readers.check_questions, _development_rows, _JSON),
    "question-rows": Target(
        readers.check_question_row,
        lambda: _join_fields(_predictions(), readers.FIELDS),
        (*_FIELDS, "ranking", "accuracy", "ndcg", "micro f1"),
    ),
    "predictions": Target(readers.check_predictions, _predictions, (*_JSON, '"prediction":')),
    "journal": Target(
        readers.check_journal, _journals, ('{"run":"a run"}\n', '{"index":', '"row":{}}\n', "true", "-1")
    ),
    "yaml": Target(readers.check_yaml, _yaml_files, _YAML),
    "sources": Target(sources.check_source, _source_files, (*_JSON, *_ECINSTRUCT)),
    "known-sources": Target(known_sources.check_known_source, _known_files, ("\0", *_ECINSTRUCT, '", "', "\r", "\\n")),
    "known-rows": Target(
        known_rows.check_known_row,
        lambda: [bytes([task]) + row for task in range(10) for row in _known_files()],
        ("\0",),
    ),
    "rows": Target(sources.check_row, lambda: _join_fields(_ecinstruct_rows(), sources.COLUMNS), _FIELDS),
    "swaps": Target(
        sources.check_swaps, _swap_files, (*_YAML, "(?P<a>", "{a}", "cut:", "wording:", "fields:", "answers:")
    ),
    "routing": Target(questions.check_routing, _question_texts, _CUES),
    "known-questions": Target(
        known_questions.check_known_question, lambda: [bytes(range(24)), b"\1\2\3"], ("\1", "\4")
    ),
    "repair": Target(questions.check_repair, _answered_questions, (*_CUES, *_SAID, "\0")),
    "known-answers": Target(
        answers.check_known_answer, lambda: [bytes([number]) * 12 for number in range(250)], ("\0", "\1", "\7")
    ),
    "known-recipes": Target(known_recipes.check_known_recipe, lambda: [bytes(range(24)), b"\1" * 24], ("\1", "\3")),
    "parsers": Target(scores.check_parsers, lambda: [b"3", b"1, 2,3", b"['a', 'b']", b"a, b"], _SAID),
    "ecinstruct-scores": Target(
        scores.check_ecinstruct_scores, _ecinstruct_answers, ("\0", '"attribute":', "yes", "OOD")
    ),
}
