"""Rows that can't be converted are listed with a reason, and the others go on."""

import json

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from tests.converters.conversions import run, write

BROKEN = [
    (b'{"instruction": "a", "inp', "is not valid JSON"),
    (b'"text"', "is not a JSON object"),
    (b'{"instruction": "caf\xe9"}', "is not UTF-8"),
    (b'{"input_field": "a"}', "unknown task_type None"),
    (b"[1, 2]", "is not a JSON object"),
    (b'{"task": "Answer_Generation", "instruction": "a", "input": "\\ud800", "output": "b"}', "a lone surrogate"),
    (b"x" * 10_000_000, "is not valid JSON"),
]


@pytest.mark.parametrize(("line", "reason"), BROKEN)
def test_a_broken_line_is_a_reject_and_the_others_are_converted(tmp_path, source, line, reason):
    path = tmp_path / "broken.jsonl"
    path.write_bytes(source.read_bytes() + line + b"\n\n" + source.read_bytes().splitlines()[0])
    lines, report = run(tmp_path, path)

    assert len(lines) == 16
    assert report["rows"]["rejected"] == len(report["rejects"]) == 1
    reject = report["rejects"][0]
    assert (reject["file"], reject["line"]) == (str(path), 9)
    assert reason in reject["reason"]
    assert len(reject["reason"]) < 300


def test_a_row_of_ten_megabytes_is_converted(tmp_path, record):
    text = "ö" * 5_000_000
    lines, report = run(tmp_path, write(tmp_path / "s.jsonl", [record("Answer_Generation", input=text)]))

    assert sorted(line["input"] for line in lines) == [text, f"{text}\nOutput: "]
    assert report["longest_prompts"][0]["length"] > 5_000_000


def test_a_row_of_which_one_half_cannot_be_written_is_rejected_whole(tmp_path, record):
    output = '[{"attribute": "size", "value": "1 l", "source": "\ud800"}]'
    records = [record("Attribute_Value_Extraction", output=output), record("Answer_Generation")]
    lines, report = run(tmp_path, write(tmp_path / "s.jsonl", records))

    assert (len(lines), report["rows"]["rejected"]) == (2, 1)


def test_blank_lines_are_no_rows(tmp_path, source):
    source.write_bytes(b"\r\n  \n" + source.read_bytes() + b"\n\r\n")
    _, report = run(tmp_path, source)

    assert (report["rows"]["read"], report["rows"]["rejected"]) == (8, 0)


def test_a_report_lists_a_thousand_rejects_and_counts_them_all(tmp_path, source):
    source.write_bytes(b"{\n" * 1_500 + source.read_bytes())
    _, report = run(tmp_path, source)

    assert (len(report["rejects"]), report["rows"]["rejected"], report["rows"]["converted"]) == (1_000, 1_500, 7)


def test_nan_as_data_frames_write_it_is_no_option(tmp_path, record):
    path = tmp_path / "s.jsonl"
    path.write_text(json.dumps(record("Answer_Generation", options=float("nan"))), encoding="utf-8")

    assert "NaN" in path.read_text(encoding="utf-8")
    assert len(run(tmp_path, path)[0]) == 2


def test_a_source_without_a_row_to_convert_is_an_error(tmp_path, record):
    with pytest.raises(ShopBenchError, match="none of the 1 rows read can be converted"):
        run(tmp_path, write(tmp_path / "s.jsonl", [record("Product_Matching")]))


def test_a_table_with_names_and_no_row_is_an_error(tmp_path):
    path = tmp_path / "header.csv"
    path.write_text("task,instruction,input,output,options\n", encoding="utf-8")
    with pytest.raises(ShopBenchError, match=r"header\.csv: none of the 0 rows read can be converted"):
        run(tmp_path, path)


def test_strict_turns_a_reject_into_an_error_and_writes_nothing(tmp_path, source):
    with source.open("a", encoding="utf-8") as stream:
        stream.write("{\n")

    with pytest.raises(ShopBenchError, match=r"ecinstruct.jsonl:9: is not valid JSON.*--strict allows none"):
        run(tmp_path, source, strict=True)
    assert not (tmp_path / "out").exists()
