"""Conversions from file to file, for the tests of what they write."""

import json

from converters.convert import convert
from converters.settings import ConversionSettings


def run(tmp_path, *sources, name="set", **settings):
    """Convert and return (lines written, the report)."""
    output_dir = tmp_path / "out"
    convert(ConversionSettings(tuple(map(str, sources)), **settings), output_dir, name)
    report = json.loads((output_dir / f"{name}.report.json").read_text(encoding="utf-8"))
    return read_lines(output_dir / f"{name}.jsonl"), report


def read_lines(path):
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def write_reviews(path, record, count, **fields):
    return write(path, [record("Sentiment_Analysis", input=f"Review {number}.", **fields) for number in range(count)])
