"""The model as the starter kit calls it."""

import os
from pathlib import Path

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines.interface import Completion, RefusedError
from shopbench_plugin.submission import ShopBenchModel, read_environment

CHOICE = "Which one is a drink?\n0. soap\n1. tea\n2. wool\nAnswer: "
RANKING = (
    "The query is 'desk lamp'. Rank the following products by their relevance to it.\n"
    "1. lamp\n2. desk\n3. chair\n4. book\n5. pen\nAnswer with a permutation of 1 to 5, separated by commas.\nOutput:"
)


class Echo:
    """Answers the first prompts; from the `late_after`-th on time is up."""

    context_length = 4096

    def __init__(self, text, late_after=99):
        self.text, self.late_after = text, late_after

    def count_tokens(self, messages):
        return 1

    def complete(self, prompts, deadline=None):
        self.deadline = deadline
        for index in range(len(prompts)):
            yield index, Completion(self.text, "stop") if index < self.late_after else Completion("", "deadline")

    def close(self):
        pass


class Failing(Echo):
    """Raises as told, one of `failures` a call, before it answers; None for a call that goes well."""

    def __init__(self, *failures, blamed=None):
        super().__init__("2")
        self.failures, self.blamed = list(failures), blamed
        self.sizes = []

    def complete(self, prompts, deadline=None):
        self.sizes.append(len(prompts))
        if self.blamed and any(self.blamed in prompt.messages[-1].content for prompt in prompts):
            raise RuntimeError(f"the kernel\ndies of {self.blamed}")
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        yield from super().complete(prompts, deadline)


class Clock:
    """Goes on only while somebody sleeps."""

    now = 100.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch, set_environment):
    set_environment(SHOPBENCH_MODEL="none")
    clock = Clock()
    monkeypatch.setattr("shopbench_plugin.submission.time", clock)
    monkeypatch.setattr("shopbench_plugin.predict.predictor.time", clock)
    return clock


def answer_four(engine):
    texts = [CHOICE, "Poison!\n" + CHOICE, CHOICE, CHOICE]
    return ShopBenchModel(engine).batch_predict({"prompt": texts}, is_multiple_choice=True)


@pytest.fixture
def set_environment(monkeypatch):
    for name in os.environ:
        if name.startswith("SHOPBENCH_"):
            monkeypatch.delenv(name)

    def apply(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return apply


def test_a_batch_of_sixteen_gets_sixteen_valid_answers(set_environment):
    set_environment(SHOPBENCH_MODEL="none")
    model = ShopBenchModel(Echo("I think it is 1, tea."))
    texts = [CHOICE + " " * length for length in range(16)]
    assert model.get_batch_size() == 16
    assert model.batch_predict({"prompt": texts}, is_multiple_choice=True) == ["1"] * 16


@pytest.mark.parametrize(("is_multiple_choice", "answer"), [(True, "1"), (False, "1")])
def test_a_question_that_is_missing_gets_an_answer(set_environment, is_multiple_choice, answer):
    set_environment(SHOPBENCH_MODEL="none")
    model = ShopBenchModel(Echo("1"))
    assert model.batch_predict({"prompt": [None]}, is_multiple_choice) == [answer]


def test_the_other_kind_is_told_from_the_text(set_environment):
    set_environment(SHOPBENCH_MODEL="none")
    model = ShopBenchModel(Echo("3"))
    answers = model.batch_predict(
        {"prompt": [RANKING, "Write a title for this pan.\nTitle:"]}, is_multiple_choice=False
    )
    assert answers == ["3,1,2,4,5", "3"]


def test_what_is_late_gets_a_valid_answer(set_environment):
    set_environment(SHOPBENCH_MODEL="none")
    model = ShopBenchModel(Echo("5,4,3,2,1", late_after=1))
    assert model.batch_predict({"prompt": [RANKING] * 3}, is_multiple_choice=False) == [
        "5,4,3,2,1",
        "1,2,3,4,5",
        "1,2,3,4,5",
    ]


def test_a_failure_that_passes_costs_no_answer(clock, caplog):
    engine = Failing(*[ShopBenchError("no answer in 5 tries")] * 6)
    assert answer_four(engine) == ["2"] * 4
    assert engine.sizes == [4, *[1] * 9]
    assert caplog.messages == []


def test_a_failure_that_stays_is_answered_validly_when_the_time_is_up(clock, caplog):
    started = clock.now
    assert answer_four(Failing(*[ShopBenchError("no answer in 5 tries")] * 999)) == ["0"] * 4
    assert 35 <= clock.now - started <= 36, "four questions at 9 s"
    assert caplog.messages == [
        "4 of 4 questions got a valid fallback answer (the first: ShopBenchError: no answer in 5 tries)"
    ]


def test_a_question_that_fails_the_engine_takes_no_other_along(clock, caplog):
    assert answer_four(Failing(blamed="Poison!")) == ["2", "0", "2", "2"]
    assert caplog.messages == [
        "1 of 4 questions got a valid fallback answer (the first: RuntimeError: the kernel dies of Poison!)"
    ]


def test_what_is_refused_is_not_asked_again(clock, caplog):
    engine = Failing(RefusedError("refuses the request (HTTP 400: too long)"))
    assert answer_four(engine) == ["0"] * 4
    assert engine.sizes == [4]
    assert caplog.messages == [
        "4 of 4 questions got a valid fallback answer (the first: refuses the request (HTTP 400: too long))"
    ]


def test_what_is_late_is_told(clock, caplog):
    assert answer_four(Echo("2", late_after=3)) == ["2", "0", "2", "2"], "the longest is asked last"
    assert caplog.messages == ["1 of 4 questions got a valid fallback answer (the first: time was up)"]


def test_there_is_a_time_budget_without_asking_for_one(set_environment):
    set_environment(SHOPBENCH_MODEL="none")
    engine = Echo("1")
    ShopBenchModel(engine).batch_predict({"prompt": [CHOICE]}, is_multiple_choice=True)
    assert engine.deadline is not None


def test_a_variable_wins_over_the_recipe(tmp_path: Path):
    recipe = tmp_path / "predict.yaml"
    recipe.write_text("model: one\npreset: fewshot\ninput: questions.jsonl\nmax_model_len: 512\n", encoding="utf-8")
    settings = read_environment(
        {"SHOPBENCH_CONFIG": str(recipe), "SHOPBENCH_PRESET": "zero-shot", "SHOPBENCH_BATCH_SIZE": "8", "HOME": "/root"}
    )
    assert (settings.engine.model, settings.preset, settings.engine.max_model_len) == ("one", "zero-shot", 512)
    assert (settings.engine.batch_size, settings.seconds_per_question) == (8, 9.0)


def test_several_servers_are_parted_by_commas():
    settings = read_environment(
        {"SHOPBENCH_MODEL": "m", "SHOPBENCH_ENGINE": "openai", "SHOPBENCH_BASE_URLS": "http://a/v1,http://b/v1"}
    )
    assert settings.engine.base_urls == ("http://a/v1", "http://b/v1")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "set SHOPBENCH_MODEL"),
        ({"SHOPBENCH_MODEL": "m", "SHOPBENCH_PRESETS": "x"}, "did you mean SHOPBENCH_PRESET"),
        ({"SHOPBENCH_MODEL": "m", "SHOPBENCH_COT": "perhaps"}, "SHOPBENCH_COT is 'perhaps': input should be"),
        ({"SHOPBENCH_MODEL": "m", "SHOPBENCH_ENGINE": "vlm"}, "unknown engine 'vlm', did you mean 'vllm'"),
        (
            {"SHOPBENCH_MODEL": "m", "SHOPBENCH_ENGINE": "openai", "SHOPBENCH_CONNECTIONS": "0"},
            "SHOPBENCH_CONNECTIONS is '0': input should be",
        ),
        ({"SHOPBENCH_MODEL": "m", "SHOPBENCH_SECONDS_PER_RUN": "nan"}, "SHOPBENCH_SECONDS_PER_RUN is 'nan': input"),
        ({"SHOPBENCH_CONFIG": "missing.yaml"}, "missing.yaml: cannot be read"),
    ],
)
def test_a_mistake_is_named(variables, message):
    with pytest.raises(ShopBenchError, match=message):
        read_environment(variables)
