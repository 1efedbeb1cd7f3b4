"""ECInstruct's rows and converted sets as questions: what is asked, how it is answered, and what scores it."""

from pathlib import Path

import orjson
import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.formats.questions import read_development_set, read_questions
from shopbench_plugin.routing import route_question
from shopbench_plugin.scoring.training_rows import type_by_wording

SENTIMENT = {
    "instruction": "Judge the sentiment of the review. Answer from the options.",
    "input": "The spout leaks.",
    "options": '["A: very positive", "B: neutral", "C: very negative"]',
    "output": "C: very negative",
    "task": "Sentiment_Analysis",
    "split": "test",
    "setting": "IND_Diverse_Instruction",
}
VALUES = SENTIMENT | {
    "instruction": "Extract the attributes.",
    "input": '{"product title": "red mug", "target attributes": "color"}',
    "options": None,
    "output": '[{"attribute": "color", "value": "red", "source": "product title"}]',
    "task": "Attribute_Value_Extraction",
}


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def test_a_row_of_ecinstruct_is_asked_with_its_options(tmp_path: Path) -> None:
    (question,) = read_questions(write(tmp_path / "rows.jsonl", [SENTIMENT]))
    assert question.input_field == "\n".join(str(SENTIMENT[name]) for name in ("instruction", "input", "options"))
    routed = route_question(question)
    assert routed.task_type is TaskType.MULTIPLE_CHOICE
    assert routed.answer_space.labels == ("A", "B", "C")


def test_attributes_with_values_are_answered_as_a_text(tmp_path: Path) -> None:
    (question,) = read_questions(write(tmp_path / "rows.jsonl", [VALUES]))
    assert question.input_field == f"{VALUES['instruction']}\n{VALUES['input']}"
    assert question.route_as is TaskType.GENERATION


def test_a_folder_names_the_task(tmp_path: Path) -> None:
    row = {name: SENTIMENT[name] for name in ("instruction", "input", "options", "output")}
    path = tmp_path / "Sentiment_Analysis" / "IND_Diverse_Instruction" / "test.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(orjson.dumps([row]))
    assert [question.task_name for question in read_questions(path)] == ["Sentiment_Analysis"]


def test_a_row_without_its_question_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [SENTIMENT, SENTIMENT | {"input": ""}])
    with pytest.raises(ShopBenchError, match=r"rows\.jsonl:2: 'input' is empty; fix or remove the row$"):
        read_questions(path)


def test_rows_of_ecinstruct_as_a_reference_name_the_command_that_scores_them(tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match=r"score these rows with: shopbench evaluate-ecinstruct$"):
        read_development_set(write(tmp_path / "rows.jsonl", [SENTIMENT]))


@pytest.mark.parametrize(
    ("instruction", "content", "output", "expected"),
    [
        ("Which is a fruit?", "0. pear\n1. pan\nAnswer: ", "0", (TaskType.MULTIPLE_CHOICE, "accuracy", "0")),
        (
            "Rank the products by relevance.",
            "1. pan\n2. pot\n3. lid",
            "2,3,1",
            (TaskType.RANKING, "ndcg", [1.0, 3.0, 2.0]),
        ),
        (
            "Select two numbers of the list.",
            "1. pan\n2. pot\n3. lid",
            "1,3",
            (TaskType.RETRIEVAL, "hit rate@3", [1, 3]),
        ),
        (
            "Translate the title into German.",
            "Title: red mug",
            "Rote Tasse",
            (TaskType.GENERATION, "rougel", "Rote Tasse"),
        ),
    ],
)
def test_a_converted_row_is_scored_by_its_wording(
    tmp_path: Path, instruction: str, content: str, output: str, expected: tuple[object, ...]
) -> None:
    row = {"instruction": instruction, "input": content, "output": output}
    (question,) = read_development_set(write(tmp_path / "rows.jsonl", [row]), type_by_wording)
    assert question.input_field == f"{instruction}\n{content}"
    assert (question.task_type, question.metric, question.output_field) == expected
