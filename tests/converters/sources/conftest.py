import pytest

from converters.sources.opening import read_source
from tests.converters.sources.source_files import read_rows


@pytest.fixture
def rows(source):
    return read_rows(read_source(str(source)))
