"""Parquet, Arrow and CSV hold the same rows as JSON lines."""

import pytest

from converters.sources.blocks import parse_record
from converters.sources.opening import read_source
from shopbench_plugin.ecinstruct.rows import RowError
from tests.converters.sources.source_files import read_rows, write_csv, write_parquet


def test_parquet_is_the_same_rows(rows, records, tmp_path):
    assert read_rows(read_source(str(write_parquet(tmp_path / "a.parquet", records)))) == rows
    assert read_rows(read_source(str(write_parquet(tmp_path / "named_otherwise", records)))) == rows


def test_a_row_of_parquet_that_is_not_utf_8_is_rejected_alone(rows, records, tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pylist([*records[:2], records[0]])
    outputs = [*(record["output"].encode() for record in records[:2]), b"\xff broken"]
    column = pa.array(outputs, pa.binary()).view(pa.string())
    table = table.set_column(table.column_names.index("output"), "output", column)
    parquet.write_table(table, tmp_path / "a.parquet")
    *whole, broken = [raw for block in read_source(str(tmp_path / "a.parquet")) for raw in block.rows()]
    assert [row["output"] for row in whole] == [record["output"] for record in records[:2]]
    with pytest.raises(RowError, match="is not UTF-8"):
        parse_record(broken)


def test_csv_is_the_same_rows(rows, records, tmp_path):
    assert read_rows(read_source(str(write_csv(tmp_path / "a.csv", records)))) == rows


def test_what_save_to_disk_writes_is_the_same_rows(rows, records, tmp_path):
    import pyarrow as pa

    folder = tmp_path / "saved" / "test"
    folder.mkdir(parents=True)
    told = [{name: value for name, value in record.items() if name != "split"} for record in records]
    table = pa.Table.from_pylist(told)
    for name in ("data-00000-of-00001.arrow", "cache-1.arrow"):
        with pa.ipc.new_stream(folder / name, table.schema) as writer:
            writer.write_table(table)
    for name in ("state.json", "dataset_info.json", "../dataset_dict.json"):
        (folder / name).write_text("{}", encoding="utf-8")

    for place in (folder, folder.parent):
        assert read_rows(read_source(str(place))) == [row._replace(split="test") for row in rows]
