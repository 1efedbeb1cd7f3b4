"""Files of rows for the tests of sources, and the rows that a source holds."""

import csv
import json

from converters.forms.ecinstruct import read_row
from converters.sources.blocks import parse_record


def read_rows(blocks):
    records = [parse_record(raw, block.defaults) for block in blocks for raw in block.rows()]
    return [read_row(record) for record in records if record is not None]


def write_array(path, records, **options):
    path.write_text(json.dumps(records, ensure_ascii=False, **options), encoding="utf-8")
    return path


def write_parquet(path, records):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(records), path)
    return path


def write_csv(path, records):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, records[0])
        writer.writeheader()
        writer.writerows(records)
    return path
