"""Questions in, valid answers out, whatever the engine does."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Message, Question
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.predict import predictor
from shopbench_plugin.predict.predictor import Predictor, collect
from shopbench_plugin.predict.settings import PredictorSettings

CHOICE = Question("Which one is a drink?\n0. soap\n1. tea\nAnswer: ", is_multiple_choice=True)
RANKING = Question(
    "The query is 'desk lamp'. Rank the following products by their relevance to it.\n"
    "1. lamp\n2. desk\n3. chair\n4. book\n5. pen\n"
    "Your output should be a permutation of 1 to 5. There should be a comma separating two integers.\nOutput:",
    is_multiple_choice=False,
)


def answer(engine, questions, deadline=None, **settings):
    answers = Predictor(PredictorSettings(engine=TransformersSettings(model="none"), **settings), engine).answer(
        questions, deadline
    )
    return collect(answers, len(questions))


def test_kinds_may_be_mixed_and_answers_keep_their_place(rule_engine):
    engine = rule_engine(lambda prompt: "3,1" if "Rank" in prompt.messages[-1].content else "1")
    predictions = answer(engine, [CHOICE, RANKING, CHOICE])
    assert [one.prediction for one in predictions] == ["1", "3,1,2,4,5", "1"]
    assert [one.task_type for one in predictions] == ["multiple-choice", "ranking", "multiple-choice"]


def test_questions_of_a_type_go_to_the_engine_together(rule_engine):
    engine = rule_engine()
    answer(engine, [CHOICE, RANKING, CHOICE, RANKING])
    kinds = ["Rank" in prompt.messages[-1].content for prompt in engine.asked[0]]
    assert kinds == [False, False, True, True]


def test_each_question_goes_to_the_adapter_of_its_track_or_type_and_those_of_one_adapter_together(rule_engine):
    engine, track = rule_engine(), "amazon-kdd-cup-24-multi-lingual-abilities"
    adapters = {"multiple-choice": "a", track: "b"}
    settings = PredictorSettings(engine=TransformersSettings(model="none", adapters=adapters))
    questions = [CHOICE, RANKING, replace(CHOICE, track=track), replace(RANKING, track=track), CHOICE]
    collect(Predictor(settings, engine).answer(questions), len(questions))
    assert [prompt.adapter for prompt in engine.asked[0]] == [None, "a", "a", "b", "b"]


def test_the_model_is_asked_for_the_type_that_the_wording_does_not_tell(rule_engine):
    engine = rule_engine(lambda prompt: "B" if "What kind of answer" in prompt.messages[-1].content else "mug")
    questions = [CHOICE, Question("red mug!", is_multiple_choice=False)]
    predictions = answer(engine, questions, router="model")
    assert [one.task_type for one in predictions] == ["multiple-choice", "named_entity_recognition"]
    assert [one.is_sure for one in predictions] == [True, False]
    [asked] = engine.asked[0]
    assert asked.constraint == Constraint(choices=("A", "B"), max_tokens=1)


def test_by_default_no_model_is_asked_for_a_type(rule_engine):
    engine = rule_engine()
    assert answer(engine, [Question("red mug!", is_multiple_choice=False)])[0].task_type == "generation"
    assert len(engine.asked) == 1


def test_a_thought_for_arithmetic_alone_is_held_to_the_thoughts_form(rule_engine):
    engine = rule_engine(lambda prompt: "It is three times four.|1" if prompt.constraint.regex else "1")
    packs = Question("How many nails are in 3 packs of 4?\n0. 7\n1. 12\nAnswer: ", is_multiple_choice=True)
    predictions = answer(engine, [CHOICE, packs], cot="numeric")
    assert [prompt.constraint.choices for prompt in engine.asked[0]] == [("0", "1"), ()]
    assert [one.prediction for one in predictions] == ["1", "1"]


def test_without_constraints_the_length_is_still_limited(rule_engine):
    engine = rule_engine()
    answer(engine, [CHOICE], constraints=False)
    assert engine.asked[0][0].constraint == Constraint(max_tokens=1)


def test_a_question_that_cannot_be_made_to_fit_is_answered_without_asking(rule_engine):
    engine = rule_engine(context_length=50, tokens=60)
    (prediction,) = answer(engine, [CHOICE])
    assert (prediction.prediction, prediction.finish_reason) == ("0", "too-long")
    assert engine.asked == [[]]


def test_the_earliest_limit_counts(rule_engine, monkeypatch):
    monkeypatch.setattr(predictor, "time", SimpleNamespace(monotonic=lambda: 100.0))
    engine = rule_engine()
    answer(engine, [CHOICE, CHOICE], seconds_per_question=10.0)
    answer(engine, [CHOICE, CHOICE], seconds_per_question=10.0, seconds_per_run=5.0)
    answer(engine, [CHOICE, CHOICE], 101.0, seconds_per_question=10.0, seconds_per_run=5.0)
    answer(engine, [CHOICE, CHOICE])
    assert engine.deadlines == [120.0, 105.0, 101.0, None]


def test_demonstrations_need_a_development_set():
    with pytest.raises(ShopBenchError, match="--development-set FILE, or --preset zero-shot"):
        Predictor(PredictorSettings(engine=TransformersSettings(model="none"), preset="fewshot"))


def test_an_empty_question_is_answered(rule_engine):
    (prediction,) = answer(rule_engine(lambda prompt: "hello"), [Question("")])
    assert prediction.prediction


PREAMBLE = (
    "You are a helpful online shopping assistant. Please answer the following question about online shopping and "
    "follow the given instructions.\n\n"
)


def test_a_raw_preset_asks_in_plain_text_and_keeps_what_was_written(rule_engine):
    engine = rule_engine(lambda _: " tea, 1")
    predictions = answer(engine, [CHOICE, RANKING], preset="shopping-mmlu-raw")
    asked = [(prompt.messages, prompt.constraint) for prompt in engine.asked[0]]
    assert asked == [
        ((Message("raw", PREAMBLE + CHOICE.input_field),), Constraint(max_tokens=1)),
        ((Message("raw", PREAMBLE + RANKING.input_field),), Constraint(max_tokens=100)),
    ]
    assert [one.prediction for one in predictions] == [" tea, 1", " tea, 1"]


@pytest.mark.parametrize(("raw", "prediction"), [(" The 1", "1"), ("no", "no"), ("10", "1")])
def test_the_first_digit_of_a_task_wise_choice_counts(rule_engine, raw, prediction):
    [given] = answer(rule_engine(lambda _: raw), [CHOICE], preset="shopping-mmlu-raw-numbers")
    assert (given.prediction, given.raw) == (prediction, raw)


@pytest.mark.parametrize(("raw", "prediction"), [("(B) tea", "1"), ("A", "0"), ("C", ""), ("The", ""), ("", "")])
def test_letters_take_the_place_of_numbers_and_are_read_as_labels(rule_engine, raw, prediction):
    engine = rule_engine(lambda _: raw)
    [given] = answer(engine, [CHOICE], preset="shopping-mmlu-raw-letters")
    assert engine.asked[0][0].messages[0].content == (
        PREAMBLE + "Which one is a drink?\n(A) soap\n(B) tea\n\n"
        "Please answer the question with a single letter indicating the choice. \nAnswer: "
    )
    assert given.prediction == prediction
