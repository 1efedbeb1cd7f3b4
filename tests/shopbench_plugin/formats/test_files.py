"""The same questions in every container, and the format of docs/adding.md in its own package."""

import gzip
import json
import sys
import tomllib
from pathlib import Path

import pytest

from shopbench_plugin.core import registry
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.formats.form import FORMATS, load_formats
from shopbench_plugin.formats.questions import read_questions

ROWS = [
    {"input_field": "Rank, please\n1. a\n2. b", "is_multiple_choice": False, "output_field": [1, 0.5]},
    {"input_field": "Größe?\n0. S\n1. L", "is_multiple_choice": True, "output_field": 0},
]
TYPES = ["ranking", "multiple-choice"]
WRITTEN = [row | {"task_type": name} for row, name in zip(ROWS, TYPES, strict=True)]
QUESTIONS = [Question(**row | {"task_type": TaskType(row["task_type"])}) for row in WRITTEN]
AS_TEXTS = [row | {name: str(row[name]) for name in ("is_multiple_choice", "output_field")} for row in WRITTEN]


def write_lines(path, rows=WRITTEN):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def write_array(path):
    path.write_text(json.dumps(WRITTEN, indent=1, ensure_ascii=False))
    return path


def write_gzip(path):
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, WRITTEN)).encode()))
    return path


def write_texts(path):
    return write_lines(path, AS_TEXTS)


def write_csv(path):
    import csv

    with path.open("w", newline="", encoding="utf-8-sig") as stream:
        writer = csv.DictWriter(stream, AS_TEXTS[0])
        writer.writeheader()
        writer.writerows(AS_TEXTS)
    return path


def write_parquet(path):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(AS_TEXTS), path)
    return path


def write_saved_dataset(path):
    import pyarrow as pa

    path.mkdir()
    table = pa.Table.from_pylist(AS_TEXTS)
    with pa.OSFile(str(path / "data-00000-of-00001.arrow"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table)
    (path / "state.json").write_text('{"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}')
    (path / "dataset_info.json").write_text("{}")
    return path


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.jsonl", write_lines),
        ("a.json", write_array),
        ("a.jsonl.gz", write_gzip),
        ("texts.jsonl", write_texts),
        ("a.csv", write_csv),
        ("a.parquet", write_parquet),
        ("without_ending", write_parquet),
        ("saved", write_saved_dataset),
    ],
)
def test_every_container_yields_the_same_questions(tmp_path, name, write):
    assert read_questions(write(tmp_path / name)) == QUESTIONS


def test_a_folder_is_read_in_the_order_of_its_names_without_notes(tmp_path):
    for name, row in (("b.jsonl", ROWS[1]), ("a.jsonl", ROWS[0]), ("a.jsonl.run.json", {"run": "x"})):
        write_lines(tmp_path / name, [row])

    assert [one.input_field for one in read_questions(tmp_path)] == [row["input_field"] for row in ROWS]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.zip", b"PK\x03\x04 cut", "not a complete zip archive"),
        ("a.jsonl.gz", gzip.compress(b'{"input_field": "a"}', mtime=0)[:-9], "not a complete gzip file"),
        ("a.parquet", b"PAR1 cut", "not readable as Parquet"),
        ("a.csv", b"input_field\na,b\n", "1: has more cells than the first line has names"),
        ("a.csv", b"input_field,track\na\rb,c\n", "1: has fewer cells than the first line has names"),
        ("a.csv", b"input_field\n\xff\n", "not readable as CSV"),
        ("a.jsonl", b"\xff\xfea", "is encoded in UTF-16; save it as UTF-8"),
    ],
)
def test_a_broken_container_is_one_line(tmp_path, name, content, complaint):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(ShopBenchError, match=complaint) as caught:
        read_questions(path)
    assert str(caught.value).startswith(str(path))


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(ShopBenchError, match=r"contains no .json, .jsonl"):
        read_questions(tmp_path)


DOCS = Path(__file__).parents[3] / "docs"
ADDING = (DOCS / "adding.md").read_text().split("## A public question format\n")[1].split("\n## ")[0]
OTHER_PACKAGE = ADDING.split("```python\n")[1].split("```")[0]
ENTRY = ADDING.split("```toml\n")[1].split("```")[0]


@pytest.fixture
def other_package(tmp_path, monkeypatch):
    """A separately installed package that brings a format, as pip leaves it in a folder."""
    site = tmp_path / "site"
    metadata = site / "shopbench_fragen-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "shop_fragen.py").write_text(OTHER_PACKAGE)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: shopbench-fragen\nVersion: 1.0\n")
    [(group, entries)] = tomllib.loads(ENTRY)["project"]["entry-points"].items()
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{lines}")
    monkeypatch.syspath_prepend(str(site))
    caches = (registry._find_entry_points, load_formats)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()
    sys.modules.pop("shop_fragen", None)


def test_a_format_of_another_package_is_read_by_the_path_alone(other_package, tmp_path):
    path = write_lines(tmp_path / "fragen.jsonl", [{"frage": "Was ist Tee?", "antwort": "heiss"}])

    assert read_questions(path) == [Question("Was ist Tee?", output_field="heiss", route_as=TaskType.GENERATION)]
    own = ["alpaca", "competition", "ecinstruct", "fragen", "shopping-mmlu-skills", "shopping-mmlu-tasks"]
    assert FORMATS.list_names() == own


def test_an_unknown_format_is_answered_with_the_known_ones():
    with pytest.raises(ShopBenchError, match=r"unknown question format 'competitoin', did you mean 'competition'"):
        FORMATS.find("competitoin")
