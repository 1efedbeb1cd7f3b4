"""Questions and answers that a model wasn't trained on: rows of a converted dataset or of a development set."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.demonstrations.answers import write_answer
from shopbench_plugin.ecinstruct.rows import Example, join_question
from shopbench_plugin.formats.questions import read_development_set
from shopbench_plugin.storage.files import read_json_lines


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A question as the user's turn, and the correct answer."""

    question: str
    answer: str


def read_held_out(path: Path, limit: int) -> list[HeldOut]:
    """Read the first `limit` rows of a file in LlamaFactory's alpaca columns, or of a development set.

    Raises:
        ShopBenchError: the file can't be read or has no rows, or a row has neither format.
    """
    first = next(read_json_lines(path), None)
    if first is None:
        raise ShopBenchError(f"{path}: contains no questions; write one JSON object per line")
    if "input_field" in first[1]:
        questions = read_development_set(path)[:limit]
        return [HeldOut(question.input_field, write_answer(question)) for question in questions]
    rows = []
    for number, row in islice(read_json_lines(path), limit):
        if not isinstance(row.get("instruction"), str) or not isinstance(row.get("output"), str):
            raise ShopBenchError(
                f"{path}:{number}: needs 'instruction' and 'output', or 'input_field' and 'output_field'"
            )
        example = Example(row["instruction"], row.get("input") or "", row["output"])
        rows.append(HeldOut(join_question(example), example.output))
    return rows
