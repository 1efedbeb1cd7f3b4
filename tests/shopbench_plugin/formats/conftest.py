"""Files in the forms of Shopping MMLU; the questions are made up here."""

import json
import zipfile

import pytest

CHOICE_ROWS = "question,choices,answer\n\"Which of these can be eaten?\",\"['a shoe', 'an apple', 'a pan', 12]\",1\n"
RATING_ROWS = 'question,choices,answer\n"Guess the rating from 1 to 5 of: great kettle",,5\n'
TASKS = {
    "multiple_choice/commonsense_dataset.csv": CHOICE_ROWS,
    "multiple_choice/review_rating_prediction_dataset.csv": RATING_ROWS,
    "retrieval/product_keyphrase_retrieval_dataset.json": {"input_field": "Pick:\n1. a\n2. b", "target_field": [2]},
    "ranking/query_product_ranking_dataset.json": {"input_field": "Rank:\n1. a\n2. b", "target_field": [0, 1.0]},
    "named_entity_recognition/brand_ner_dataset.json": {"input_field": "Brands in: red acme", "target_field": ["acme"]},
    "generation/title_translation_JP_dataset.json": {"input_field": "Translate: tea", "target_field": "ocha"},
}


def make_skill_row(text, **changes):
    row = {"input_field": f"{text}\n0. yes\n1. no\nAnswer: ", "output_field": 1, "task_name": "asking"}
    return row | {"task_type": "multiple-choice", "metric": "accuracy"} | changes


SKILL_FILES = {
    f"skills/skill{number}_{name}.json": make_skill_row(f"Is {name} a skill?", task_name=name)
    for number, name in enumerate(("concept", "reasoning", "behavior", "multilingual"), start=1)
}


def write_files(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content) + "\n")
    return folder


@pytest.fixture
def tasks_folder(tmp_path):
    return write_files(tmp_path / "tasks", TASKS)


@pytest.fixture
def whole_folder(tmp_path):
    """A folder as data.zip holds it: the skills, and the same questions by task."""
    return write_files(tmp_path / "data", SKILL_FILES | TASKS)


@pytest.fixture
def archive(whole_folder):
    path = whole_folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(whole_folder.rglob("*.*")):
            packed.write(file, file.relative_to(whole_folder))
        packed.writestr("__MACOSX/skills/._skill1_concept.json", "no row")
    return path
