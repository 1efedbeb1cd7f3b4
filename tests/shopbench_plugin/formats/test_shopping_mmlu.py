"""Shopping MMLU's files: by skill, by task, in a folder and in its archive."""

import json

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question, TaskType, Track
from shopbench_plugin.formats.questions import read_development_set, read_questions, read_reference
from shopbench_plugin.routing import route_question


def write_csv(tmp_path, *rows, name="commonsense_dataset.csv"):
    path = tmp_path / "multiple_choice" / name
    path.parent.mkdir()
    path.write_text("question,choices,answer\n" + "".join(f"{row}\n" for row in rows))
    return path


def test_a_skill_file_has_types_and_its_name_the_track(whole_folder):
    [question] = read_development_set(whole_folder / "skills" / "skill2_reasoning.json")

    assert question == Question(
        input_field="Is reasoning a skill?\n0. yes\n1. no\nAnswer: ",
        is_multiple_choice=True,
        output_field=1,
        task_name="reasoning",
        task_type=TaskType.MULTIPLE_CHOICE,
        metric="accuracy",
        track=Track.KNOWLEDGE_REASONING,
        route_as=TaskType.MULTIPLE_CHOICE,
    )


def test_a_skill_files_type_is_used_regardless_of_the_wording(tmp_path):
    row = {"input_field": "Which one?\n0. a\n1. b", "output_field": ["x"], "task_name": "t", "metric": "micro f1"}
    path = tmp_path / "skill4_x.json"
    path.write_text(json.dumps(row | {"task_type": "named_entity_recognition"}))

    assert route_question(read_questions(path)[0]).task_type is TaskType.NAMED_ENTITY_RECOGNITION


def test_the_folder_determines_a_tasks_type_and_its_name_the_metric(tasks_folder):
    questions = read_development_set(tasks_folder)

    assert [(one.task_name, str(one.task_type), one.metric, one.output_field) for one in questions] == [
        ("title_translation_JP", "generation", "jp-bleu", "ocha"),
        ("commonsense", "multiple-choice", "accuracy", 1),
        ("review_rating_prediction", "multiple-choice", "accuracy", 5),
        ("brand_ner", "named_entity_recognition", "micro f1", ["acme"]),
        ("query_product_ranking", "ranking", "ndcg", [0, 1.0]),
        ("product_keyphrase_retrieval", "retrieval", "hit rate@3", [2]),
    ]
    assert all(one.route_as is one.task_type for one in questions)
    assert [one.input_field for one in questions[1:3]] == [
        "Which of these can be eaten?\n0. a shoe\n1. an apple\n2. a pan\n3. 12\nAnswer: ",
        "Guess the rating from 1 to 5 of: great kettle\nAnswer: ",
    ]
    assert route_question(questions[2]).answer_space.labels == ("1", "2", "3", "4", "5")


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("attribute_extraction", "rougel"),
        ("title_translation", "bleu"),
        ("multilingual_query", "multilingual-sent-transformer"),
        ("pt_name_explain", "sent-transformer"),
    ],
)
def test_a_generations_metric_follows_from_its_name(tmp_path, name, metric):
    path = tmp_path / "generation" / f"{name}_dataset.json"
    path.parent.mkdir()
    path.write_text('{"input_field": "Say it", "target_field": ["a", "b"]}\n')

    assert [(one.metric, one.output_field) for one in read_development_set(path)] == [(metric, ["a", "b"])]


def test_folder_and_archive_are_the_four_skills(whole_folder, archive):
    questions = read_development_set(whole_folder)

    assert [question.track for question in questions] == list(Track)[:4]
    assert read_development_set(archive) == questions
    assert read_development_set(whole_folder / "skills") == questions


@pytest.mark.parametrize(("answer", "reference"), [("1", 1), ('"1"', 1), ("1.0", 1), ("blue", 1), ("red", 0), ("0", 0)])
def test_an_answer_is_a_place_or_the_choices_text(tmp_path, answer, reference):
    path = write_csv(tmp_path, f"\"Which?\",\"['red', 'blue']\",{answer}")

    assert [question.output_field for question in read_development_set(path)] == [reference]


BAD_ROWS = [
    ('"Which?","red or blue",1', "'choices' is 'red or blue'; it must be a list of strings, such as ['red', 'blue']"),
    ('"Which?",,1', "'choices' is ''; it must be a list of strings"),
    ("\"Which?\",\"['red', 'blue']\",2", "'answer' is 2; it must be a number from 0 to 1"),
    ("\"Which?\",\"['red', 'blue']\",-1", "'answer' is '-1'; it must be a number from 0 to 1"),
    ("\"Which?\",\"['red', 'blue']\",green", "'answer' is 'green'; it must be a number from 0 to 1"),
]


@pytest.mark.parametrize(("row", "complaint"), BAD_ROWS)
def test_an_unusable_row_is_named_and_the_rest_kept_on_request(tmp_path, row, complaint):
    path = write_csv(tmp_path, "\"Fine?\",\"['no', 'yes']\",1", row)

    with pytest.raises(ShopBenchError) as caught:
        read_questions(path)
    assert str(caught.value).startswith(f"{path}:2: {complaint}")
    problems = []
    assert [question and question.output_field for question in read_reference(path, problems)] == [1, None]
    assert problems == [str(caught.value)]


def test_a_file_cut_short_keeps_its_whole_rows(whole_folder):
    path = whole_folder / "skills" / "skill1_concept.json"
    path.write_text(path.read_text() + '{"input_field": "Is it')

    with pytest.raises(ShopBenchError, match=r"skill1_concept.json:2: not valid JSON"):
        read_development_set(path)
    problems = []
    [question, unusable] = read_reference(path, problems)
    assert (question is None, unusable, len(problems)) == (False, None, 1)


@pytest.mark.parametrize(
    ("missing", "complaint"),
    [
        ("skills/skill3_behavior.json", r"skills/ contains no file of skill 3 \(skill3_\*.json\); add it"),
        ("ranking/query_product_ranking_dataset.json", "contains no file in ranking/; add it"),
    ],
)
def test_a_folder_with_a_missing_file_is_read_only_in_part(whole_folder, tasks_folder, missing, complaint):
    folder = whole_folder if missing.startswith("skills") else tasks_folder
    (folder / missing).unlink()

    with pytest.raises(ShopBenchError, match=complaint):
        read_development_set(folder)
    problems = []
    assert len(read_reference(folder, problems)) == (3 if folder == whole_folder else 5)
    assert len(problems) == 1


def test_a_task_file_outside_its_folder_has_no_type(tmp_path):
    path = tmp_path / "some_dataset.json"
    path.write_text('{"input_field": "Rank", "target_field": [1, 0]}\n')

    with pytest.raises(ShopBenchError, match="its folder does not name a task type; put the file into a folder named"):
        read_questions(path)
