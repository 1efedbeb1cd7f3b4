"""Each label's own likelihood is taken off, and a run that was killed chooses as one that was not."""

import re
from math import log

import orjson
import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.core.settings import merge
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.demonstrations.choice import Demonstration, DemonstrationSet
from shopbench_plugin.engines.interface import complete_with_label
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.predict.label_calibration import calibrate_file, choose_label, write_without_content
from shopbench_plugin.predict.predictor import Predictor, collect
from shopbench_plugin.predict.run import predict_file
from shopbench_plugin.predict.settings import PredictorSettings, PredictSettings, read_settings
from shopbench_plugin.routing import route_question

LIKED = {"0": -0.1, "1": -3.0, "2": -4.0}
"""What a model says of its labels whatever it is asked."""


def say(**logprobs):
    return {f"{label[1:]}": value for label, value in logprobs.items()}


def predict(**logprobs):
    return Prediction(Question("?"), "x", label_logprobs=say(**logprobs))


class BiasedEngine:
    """Likes label 0; the number in "number N?" makes the label N % 3 a little likelier than it would be."""

    def __init__(self, rule_engine, most=10**6):
        self._engine = rule_engine()
        self.context_length = 4096
        self.most = most
        self.scored = []

    def count_tokens(self, messages):
        return 1

    def complete(self, prompts, deadline=None):
        return self._engine.complete(prompts, deadline)

    def score_labels(self, prompts, deadline=None):
        for index, prompt in enumerate(prompts):
            if len(self.scored) == self.most:
                raise ShopBenchError("killed")
            self.scored.append(prompt)
            text = prompt.messages[-1].content
            number = re.search(r"number (\d+)\?", text)
            right = number and str(int(number[1]) % 3)
            logprobs = [LIKED[label] + (label == right) for label in prompt.constraint.choices]
            yield index, complete_with_label(prompt.constraint.choices, tuple(logprobs), 8)

    def close(self):
        pass


@pytest.fixture
def settings(write_questions, tmp_path):
    return PredictSettings(
        engine=TransformersSettings(model="none"),
        input=write_questions([f"Which product is number {number}?" for number in range(12)]),
        output=tmp_path / "answers.jsonl",
        label_calibration="batch",
    )


def read(path):
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_the_label_that_rises_most_above_its_mean_is_chosen():
    logprobs = {"0": log(0.7), "1": log(0.2), "2": log(0.1)}
    assert choose_label(logprobs, []) == "0"
    assert choose_label(logprobs, [{"0": log(0.9), "1": log(0.05), "2": log(0.05)}]) == "1"
    others = [{"0": -1.0, "1": -3.0, "2": -5.0}, {"0": -1.0, "1": -1.0, "2": -3.0}]
    assert choose_label({"0": -1.0, "1": -2.5, "2": -3.5}, others) == "2"


def test_a_prior_that_is_the_same_for_all_labels_changes_nothing():
    assert choose_label({"0": -2.0, "1": -0.5}, [{"0": -7.0, "1": -7.0}]) == "1"


def test_a_file_is_calibrated_among_rows_of_the_same_labels():
    predictions = [predict(_0=-1.0, _1=-2.0 + (number == 5)) for number in range(8)]
    predictions += [predict(_0=-1.0, _1=-2.0, _2=-9.0)] * 7 + [Prediction(Question("?"), "free text")] * 9
    answers = [one.prediction for one in calibrate_file(predictions)]
    assert answers == ["0"] * 5 + ["1"] + ["0"] * 2 + ["x"] * 7 + ["free text"] * 9


def test_a_question_without_its_content_keeps_its_wording():
    text = "Which product is like 'steel mug'?\n0. tea cup\n1. kettle\nAnswer: "
    written = write_without_content(route_question(Question(text, is_multiple_choice=True)))
    assert [one.question.input_field for one in written] == [
        f"Which product is like '{filler}'?\n0. {filler}\n1. {filler}\nAnswer: " for filler in ("N/A", "[MASK]", "...")
    ]


def test_a_rated_review_loses_its_review_alone():
    text = "Evaluate the following product review on a scale of 1 to 5.\nReview: It broke at once.\nAnswer: "
    written = write_without_content(route_question(Question(text, is_multiple_choice=True)))
    assert written[0].question.input_field == text.replace("It broke at once.", "N/A")


def test_a_biased_model_is_right_once_its_bias_is_taken_off(settings, rule_engine):
    predict_file(settings, BiasedEngine(rule_engine))
    rows = read(settings.output)
    assert [one["raw"] for one in rows] == ["0"] * 12
    assert [one["prediction"] for one in rows] == [str(number % 3) for number in range(12)]
    assert rows[1]["label_logprobs"] == pytest.approx({"0": -0.1, "1": -2.0, "2": -4.0})
    assert (
        orjson.loads(settings.output.with_name("answers.jsonl.run.json").read_bytes())["settings"]["label_calibration"]
        == "batch"
    )


def test_a_run_that_was_killed_chooses_as_one_that_was_not(settings, rule_engine):
    predict_file(settings, BiasedEngine(rule_engine))
    whole = settings.output.read_bytes()
    settings.output.unlink()
    with pytest.raises(ShopBenchError, match="killed"):
        predict_file(settings, BiasedEngine(rule_engine, most=5))
    engine = BiasedEngine(rule_engine)
    assert predict_file(settings, engine).asked == len(engine.scored) == 7
    assert settings.output.read_bytes() == whole


def test_contextual_calibration_asks_the_question_without_its_content_once_for_all(rule_engine):
    settings = PredictorSettings(engine=TransformersSettings(model="none"), label_calibration="contextual")
    engine = BiasedEngine(rule_engine)
    review = "Evaluate the product review on a scale of 0 to 2.\nReview: It is number {}? of many.\nAnswer: "
    questions = [Question(review.format(number), is_multiple_choice=True) for number in (2, 1, 0)]
    answers = collect(Predictor(settings, engine).answer(questions), 3)
    assert [one.raw for one in answers] == ["0"] * 3
    assert [one.prediction for one in answers] == ["2", "1", "0"]
    assert len(engine.scored) == 3 + 3


def test_the_versions_without_content_follow_the_demonstrations_of_the_question_itself(rule_engine):
    settings = PredictorSettings(engine=TransformersSettings(model="none"), label_calibration="contextual")
    engine = BiasedEngine(rule_engine)
    options = "\n0. tea\n1. salt\nAnswer: "
    shown = [Question(f"Which product is number {number}?{options}", is_multiple_choice=True) for number in (2, 1)]
    demonstrations = DemonstrationSet({TaskType.MULTIPLE_CHOICE: tuple(Demonstration(one, "1") for one in shown)})
    list(Predictor(settings, engine, demonstrations).answer(shown[:1]))
    asked = [[turn.content for turn in one.messages if turn.role == "assistant"] for one in engine.scored]
    assert asked == [["1"]] * 4
    assert {one.messages[0].content.split("\n\n")[1] for one in engine.scored} == {shown[1].input_field}


def test_labels_are_read_though_constraints_are_off_and_lists_are_still_written(rule_engine):
    settings = PredictorSettings(
        engine=TransformersSettings(model="none"), label_calibration="contextual", constraints=False
    )
    engine = BiasedEngine(rule_engine)
    ranking = Question("Rank the products by price.\n1. lamp\n2. desk\n3. pen\nOutput:", is_multiple_choice=False)
    choice = Question("Which product is number 1?\n0. tea\n1. salt\nAnswer: ", is_multiple_choice=True)
    answers = collect(Predictor(settings, engine).answer([ranking, choice]), 2)
    assert [bool(one.label_logprobs) for one in answers] == [False, True]
    assert answers[0].raw == "1"


def test_an_engine_without_probabilities_is_refused(rule_engine):
    settings = PredictorSettings(engine=TransformersSettings(model="none"), label_calibration="contextual")
    question = Question("Which one?\n0. tea\n1. salt\nAnswer: ", is_multiple_choice=True)
    with pytest.raises(ShopBenchError, match="RuleEngine can't score labels; unset label_calibration"):
        list(Predictor(settings, rule_engine()).answer([question]))


@pytest.mark.parametrize(
    ("values", "kind", "problem"),
    [
        ({"engine": "openai", "base_urls": ["http://x/v1"]}, PredictorSettings, "engine openai can't score labels"),
        ({"engine": "transformers", "cot": True}, PredictorSettings, "cot writes a thought before the label"),
        (
            {"engine": "transformers", "label_calibration": "batch"},
            PredictorSettings,
            "compares the questions of a file",
        ),
    ],
)
def test_what_cannot_be_calibrated_is_refused_before_a_model_is_loaded(values, kind, problem):
    flags = {"model": "none", "label_calibration": "contextual", **values}
    with pytest.raises(ShopBenchError, match=problem):
        read_settings(merge(flags=flags), kind)
