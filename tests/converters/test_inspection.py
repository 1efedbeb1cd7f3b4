import json
import re

import pytest

from converters.inspection import inspect_rows
from shopbench_plugin.core.errors import ShopBenchError


def test_a_row_is_shown_before_and_after(source):
    [shown] = inspect_rows(str(source), "Query_Product_Ranking", 3, {})

    assert shown.place == f"{source}:4"
    assert shown.row.task.name == "Query_Product_Rank"
    assert shown.before.startswith("Rank the products denoted as A, B, C, ...\n{")
    assert shown.after.instruction == "Rank the products denoted as 0, 1, 2, ..."
    assert (shown.row.output, shown.after.output) == ("C,A,B", "2,0,1")


def test_as_many_rows_are_shown_as_asked_for(source):
    assert [row.place for row in inspect_rows(str(source), None, 2, {})] == [f"{source}:1", f"{source}:2"]


def test_an_unknown_task_is_answered_with_those_that_there_are(source):
    with pytest.raises(ShopBenchError, match="unknown task 'Sentiment', did you mean 'Sentiment_Analysis'"):
        list(inspect_rows(str(source), "Sentiment", 3, {}))


def test_where_no_row_can_be_read_the_first_says_why(tmp_path, record):
    path = tmp_path / "rows.jsonl"
    misnamed = json.dumps({**record("Sentiment_Analysis"), "task": "Sentiment_Analisis"})
    path.write_text(f"\n{misnamed}\n[]\n", encoding="utf-8")
    reason = f"{path}:2: unknown task 'Sentiment_Analisis', did you mean 'Sentiment_Analysis'?"
    with pytest.raises(ShopBenchError, match=re.escape(f"none of its rows can be read; the first reject is {reason}")):
        list(inspect_rows(str(path), None, 3, {}))
