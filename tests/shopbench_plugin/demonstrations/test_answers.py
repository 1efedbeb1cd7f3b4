"""How the reference of a development question reads as an answer."""

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.demonstrations.answers import write_answer
from shopbench_plugin.formats.questions import read_development_set
from shopbench_plugin.postprocess import repair
from shopbench_plugin.routing import route_question
from shopbench_plugin.scoring import score_answer

FROM_ONE = "Rank these products for the query 'tea'.\n1. cup\n2. tea bags\n3. kettle\n4. green tea\n5. rug\nOutput: "
FROM_ZERO = "Rank these products for the query 'tea'.\n0. cup\n1. tea bags\n2. kettle\nOutput: "
THREE_OF_FIVE = FROM_ONE.replace("Rank these", "Select three numbers, separated by comma, of these")
ANY_OF_FIVE = FROM_ONE.replace("Rank these", "Select any number of fitting ones among these")


@pytest.mark.parametrize(
    ("task_type", "text", "reference", "answer"),
    [
        (TaskType.MULTIPLE_CHOICE, "Which?\n0. cup\n1. rug\nAnswer: ", 1, "1"),
        (TaskType.MULTIPLE_CHOICE, "Which?\nA: cup\nB: rug\nAnswer: ", "B", "B"),
        (TaskType.RANKING, FROM_ONE, [1, 0.01, 0.1, 1, 0], "1,4,3,2,5"),
        (TaskType.RANKING, FROM_ONE, [0, 0, 0, 0, 0], "1,2,3,4,5"),
        (TaskType.RANKING, FROM_ZERO, [0.1, 1, 0.01], "1,0,2"),
        (TaskType.RETRIEVAL, THREE_OF_FIVE, [4, 2, 1], "4,2,1"),
        (TaskType.RETRIEVAL, THREE_OF_FIVE, [2], "2,1,3"),
        (TaskType.RETRIEVAL, ANY_OF_FIVE, [2], "2"),
        (TaskType.MULTIPLE_CHOICE, "Which?\n01. cup\n02. rug\nAnswer: ", "02", "2"),
        (TaskType.RANKING, FROM_ONE.replace("\n", "\n0"), [1, 0.01, 0.1, 1, 0], "1,4,3,2,5"),
        (TaskType.RETRIEVAL, THREE_OF_FIVE.replace("\n", "\n0"), [3], "3,1,2"),
        (TaskType.NAMED_ENTITY_RECOGNITION, "Extract the brands.", ["acme", "zenith"], "acme, zenith"),
        (TaskType.NAMED_ENTITY_RECOGNITION, "Extract the brands.", [], ""),
        (TaskType.GENERATION, "Explain the product type kettle.", "A pot to boil water. ", "A pot to boil water."),
        (TaskType.GENERATION, "Translate 'Teekanne'.", ["tea pot", "teapot"], "tea pot"),
    ],
)
def test_an_answer_is_written_as_the_model_should_write_it(task_type, text, reference, answer):
    assert write_answer(Question(text, output_field=reference, task_type=task_type)) == answer


def test_weights_that_do_not_match_the_list_are_an_error():
    question = Question(FROM_ZERO, output_field=[1, 0], task_type=TaskType.RANKING, task_name="task12")
    with pytest.raises(ShopBenchError, match=r"task12 that begins 'Rank .* lists 3 items, but .* has 2 weights"):
        write_answer(question)


def test_a_question_without_reference_cannot_be_shown():
    with pytest.raises(ShopBenchError, match="begins 'Which one' has no 'output_field'"):
        write_answer(Question("Which one", task_type=TaskType.MULTIPLE_CHOICE))


def test_every_answer_but_a_text_gets_full_marks_from_the_official_evaluator(shopbench_development):
    questions = [one for one in read_development_set(shopbench_development) if one.task_type != TaskType.GENERATION]
    assert {score_answer(question, write_answer(question)) for question in questions} == {1.0}


def test_every_answer_to_the_published_set_is_valid_unchanged(shopbench_development):
    questions = read_development_set(shopbench_development)
    assert all(repair(write_answer(one), route_question(one)) == write_answer(one) for one in questions)
