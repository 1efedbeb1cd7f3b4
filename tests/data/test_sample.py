"""The committed sample data: remade byte for byte, in the true schema, with the traps, and held out honestly."""

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from shopbench_plugin.core.vocabulary import TaskType, Track
from shopbench_plugin.formats.questions import read_development_set

DATA = Path(__file__).resolve().parents[2] / "data"
TRAINING, EVALUATION, DEVELOPMENT = (
    "ecinstruct_sample.jsonl",
    "shopbench_sample.jsonl",
    "shopbench_sample_development.jsonl",
)
BINARY = {"Answerability_Prediction", "Product_Substitute_Identification", "Product_Matching"}
OTHER_SPELLINGS = {
    "Product_Relation_Predicition": "Product_Relation_Prediction",
    "Product_Substitue_Identification": "Product_Substitute_Identification",
    "Query_Product_Ranking": "Query_Product_Rank",
}

# The task of the training rows that teaches a question's task, and what stands between the wordings of a question.
TAUGHT_BY = {
    "task1": "Answer_Generation",
    "task4": "Attribute_Value_Extraction",
    "task6": "Answer_Generation",
    "task10": "Product_Relation_Prediction",
    "task11": "Multiclass_Product_Classification",
    "task12": "Query_Product_Rank",
    "task14": "Sequential_Recommendation",
    "task15": "Sentiment_Analysis",
    "task17": "Answer_Generation",
    "task19": "Sentiment_Analysis",
}
TEXTS = {
    "task1": r"Input: (.*)\nOutput",
    "task4": r"Query: (.*)\nOutput",
    "task6": r"Review: (.*)\nAspect: (.*)\nOutput",
    "task10": r'Product 1: "(.*)"\nProduct 2: "(.*)"\n0\.',
    "task11": r'from query "(.*)" to query "(.*)"\?',
    "task12": r"(?m)^\d\. (.*)$",
    "task14": r"products '(.*)'\. Choose",
    "task15": r" product\n(.*)\nOutput",
    "task17": r"title '(.*)' into",
    "task19": r" product\n(.*)\nOutput",
}


def read(name):
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def rows():
    return read(TRAINING)


@pytest.fixture(scope="module")
def questions():
    return read(EVALUATION)


def of_task(rows, task):
    return [row for row in rows if OTHER_SPELLINGS.get(row["task"], row["task"]) == task]


def test_the_generator_remakes_the_committed_files_byte_for_byte(tmp_path):
    subprocess.run([sys.executable, str(DATA / "sample" / "generate.py"), "--output-dir", str(tmp_path)], check=True)

    for name in (TRAINING, EVALUATION, DEVELOPMENT):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_another_seed_gives_other_rows(tmp_path):
    script = str(DATA / "sample" / "generate.py")
    subprocess.run([sys.executable, script, "--output-dir", str(tmp_path), "--seed", "1"], check=True)

    assert (tmp_path / EVALUATION).read_bytes() != (DATA / EVALUATION).read_bytes()


def test_every_row_has_the_schema_of_ecinstruct(rows):
    for row in rows:
        assert {"instruction", "input", "output", "task", "split", "setting"} <= set(row)
        assert set(row) <= {"instruction", "input", "options", "output", "task", "split", "setting", "few_shot_example"}
        assert all(isinstance(row[name], str) and row[name] for name in ("instruction", "input", "output"))
        assert row["split"] in {"train", "val", "test"}


def test_all_ten_tasks_have_enough_rows_in_every_split(rows):
    sizes = Counter(OTHER_SPELLINGS.get(row["task"], row["task"]) for row in rows)

    assert len(sizes) == 10
    for task, size in sizes.items():
        assert size >= (40 if task in BINARY else 200), task
        assert {row["split"] for row in of_task(rows, task)} == {"train", "val", "test"}


def test_options_are_json_but_for_recommendations_which_hold_a_python_literal(rows):
    for row in rows:
        if row.get("options") is None:
            continue
        is_literal = OTHER_SPELLINGS.get(row["task"], row["task"]) == "Sequential_Recommendation"
        options = ast.literal_eval(row["options"]) if is_literal else json.loads(row["options"])
        assert [option[0] for option in options] == list("ABCDEFGHIJKLMNOPQRST"[: len(options)])
        assert any(row["output"] in (option, option[0]) for option in options)


def test_sentiment_and_classification_answer_with_the_whole_option_and_the_others_with_a_letter(rows):
    for task in ("Sentiment_Analysis", "Multiclass_Product_Classification"):
        assert all(row["output"] in json.loads(row["options"]) for row in of_task(rows, task))
    for task in ("Product_Relation_Prediction", "Sequential_Recommendation"):
        assert all(len(row["output"]) == 1 for row in of_task(rows, task))


@pytest.mark.parametrize(
    ("task", "text"),
    [
        ("Sequential_Recommendation", '"'),
        ("Sequential_Recommendation", "O'Malley"),
        ("Sequential_Recommendation", "&amp;"),
        ("Query_Product_Rank", "&quot;"),
        ("Query_Product_Rank", "Vitamin A: 90 capsules"),
        ("Query_Product_Rank", "折りたたみ傘"),
        ("Sentiment_Analysis", "Plan A: keep it."),
        ("Product_Matching", "NaN"),
        ("Product_Matching", '"nan"'),
        ("Attribute_Value_Extraction", "weiß"),
    ],
)
def test_a_trap_of_real_rows_is_there(rows, task, text):
    assert any(text in row["input"] for row in of_task(rows, task))


def test_a_task_is_spelled_in_more_than_one_way(rows):
    assert set(OTHER_SPELLINGS) <= {row["task"] for row in rows}


def test_instructions_name_letters_in_running_text(rows):
    assert any("A: very positive, B: positive" in row["instruction"] for row in rows)
    assert any("denoted as A, B, C, ..." in row["instruction"] for row in rows)


def test_one_sample_occurs_under_several_settings_in_other_words(rows):
    settings, instructions = {}, {}
    for row in rows:
        settings.setdefault((row["task"], row["input"]), set()).add(row["setting"])
        instructions.setdefault((row["task"], row["input"]), set()).add(row["instruction"])

    repeated = [place for place, names in settings.items() if len(names) == 3]

    assert len(repeated) > 100
    assert all(len(instructions[place]) > 1 for place in repeated)


def test_options_are_null_in_some_rows_and_absent_in_others_and_some_rows_hold_more_keys(rows):
    assert any("options" in row and row["options"] is None for row in rows)
    assert any("options" not in row for row in rows)
    assert any("few_shot_example" in row for row in rows)


def test_an_absent_value_is_the_word_none_and_some_titles_hold_hundreds_of_words(rows):
    extractions = of_task(rows, "Attribute_Value_Extraction")

    assert any(json.loads(row["output"])[0]["value"] == "None" for row in extractions)
    assert sum(len(row["input"].split()) > 300 for row in extractions) >= 2
    assert max(len(row["input"].split()) for row in extractions) > 2048


def test_the_questions_cover_all_task_types_and_four_tracks(questions):
    assert {question["task_type"] for question in questions} == {str(kind) for kind in TaskType}
    assert {question["track"] for question in questions} == {str(track) for track in Track if track != Track.ALL_AROUND}
    assert 180 <= len(questions) <= 240


@pytest.mark.parametrize("name", [EVALUATION, DEVELOPMENT])
def test_the_questions_read_as_a_development_set(name):
    assert len(read_development_set(DATA / name)) == len(read(name))


def test_every_task_of_the_evaluation_set_has_questions_for_demonstrations(questions):
    development = Counter(question["task_name"] for question in read(DEVELOPMENT))

    assert {question["task_name"] for question in questions} == set(development)
    assert min(development.values()) >= 3


@pytest.mark.parametrize("word", ["pack of", "er-Pack", "paquete de", "lot de", "confezione da", "個セット"])
def test_questions_come_in_six_languages(questions, word):
    assert any(word in f"{question['input_field']} {question['output_field']}" for question in questions)


def texts_of(question):
    """Return what a question is about, without its wording: texts that stand together in this question alone."""
    found = re.findall(TEXTS[question["task_name"]], question["input_field"])
    return [text for texts in found for text in ([texts] if isinstance(texts, str) else texts)]


def occurs(question, text):
    return all(part in text for part in texts_of(question))


def test_no_question_of_the_evaluation_set_occurs_in_a_training_row(questions, rows):
    inputs = {
        task: [row["input"].replace('\\"', '"') for row in of_task(rows, task)] for task in set(TAUGHT_BY.values())
    }

    for question in questions:
        assert not any(occurs(question, text) for text in inputs[TAUGHT_BY[question["task_name"]]])


def test_no_question_of_the_evaluation_set_occurs_among_the_development_questions(questions):
    development = read(DEVELOPMENT)

    for question in questions:
        others = [other for other in development if other["task_name"] == question["task_name"]]
        assert not any(occurs(question, other["input_field"]) for other in others)


def test_no_question_is_asked_twice(questions):
    assert len({tuple(texts_of(question)) for question in questions}) == len(questions)
