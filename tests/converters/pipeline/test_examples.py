"""Lines come back from the spool in the order of their places, without those of rows that do not stay."""

from io import BytesIO

import pytest

from converters.pipeline import examples
from converters.pipeline.examples import BUCKETS, ExampleSpool, measure_bucket, number_row, write_bucket
from converters.pipeline.selection import Kept

LAST = (1 << 64) - 1
# place, block, offset, line
LINES = [
    (LAST, 0, 0, b"last\n"),
    (0, 0, 1, b"first\n"),
    (1 << 63, 0, 2, b"middle\n"),
    (5, 1, 0, b"third\n"),
    (4, 1, 1, b"second, of the same bucket\n"),
]


@pytest.fixture
def spooled(tmp_path):
    """The lines, spooled block by block."""
    spool = ExampleSpool(tmp_path)
    for block in (0, 1):
        for place, of, offset, line in LINES:
            if of == block:
                spool.add(place, number_row(of, offset), line)
        spool.flush()
    spool.close()
    return tmp_path


def read_all(folder, kept=None):
    output = BytesIO()
    sizes = [measure_bucket(folder, number, kept) for number in range(BUCKETS)]
    for number in range(BUCKETS):
        start = output.tell()
        write_bucket(folder, number, kept, output)
        assert output.tell() - start == sizes[number]
    return output.getvalue().decode().splitlines()


def test_lines_are_ordered_by_place_whatever_block_they_are_from(spooled):
    assert read_all(spooled) == ["first", "second, of the same bucket", "third", "middle", "last"]
    assert list(spooled.iterdir()) == [], "what is written is not kept twice"


def test_lines_of_rows_that_do_not_stay_are_left_out_and_not_measured(spooled):
    kept = Kept(flags=bytes([1, 1, 0, 0, 1]), starts=[0, 3])
    assert read_all(spooled, kept) == ["first", "second, of the same bucket", "last"]


def test_a_bucket_too_large_for_memory_is_split_and_its_order_kept(spooled, monkeypatch):
    monkeypatch.setattr(examples, "_LARGEST_BUCKET", 1)
    assert read_all(spooled) == ["first", "second, of the same bucket", "third", "middle", "last"]
    assert list(spooled.iterdir()) == []


def test_a_spool_without_lines_has_nothing_to_write(tmp_path):
    ExampleSpool(tmp_path).flush()
    assert read_all(tmp_path) == []
