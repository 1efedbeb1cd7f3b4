"""Selecting demonstrations on an engine: the files that come out, and a run that dies and goes on."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Message, TaskType
from shopbench_plugin.demonstrations.preset_files import Pick, Rule, read_preset
from shopbench_plugin.engines.interface import Completion, Prompt
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.predict.demonstration_selection import SelectionSettings, select_with_model
from shopbench_plugin.predict.settings import PredictSettings


class CopyingEngine:
    """Answers each question with what its last demonstration answered, and dies when its calls are used up."""

    context_length = 100_000

    def __init__(self, calls: int = 1_000, finish_reason: str = "stop") -> None:
        self.calls = calls
        self.finish_reason = finish_reason
        self.dialogues: list[tuple[Message, ...]] = []

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content) for message in messages)

    def complete(self, prompts: Sequence[Prompt], deadline: float | None = None) -> Iterator[tuple[int, Completion]]:
        if self.calls == 0:
            raise KeyboardInterrupt
        self.calls -= 1
        for index, prompt in enumerate(prompts):
            self.dialogues.append(prompt.messages)
            answers = [message.content for message in prompt.messages if message.role == "assistant"]
            yield index, Completion(answers[-1] if answers else "0", self.finish_reason)

    def close(self) -> None:
        pass


@pytest.fixture
def settings(tmp_path) -> SelectionSettings:
    """Five questions with the answers 0, 1, 1, 1, 2: an engine that copies is helped most by a "1"."""
    rows = [
        {
            "input_field": f"Which colour has thing {number}?\n0. red\n1. green\n2. blue\nAnswer: ",
            "output_field": answer,
            "task_name": "colours",
            "task_type": "multiple-choice",
            "metric": "accuracy",
            "is_multiple_choice": True,
        }
        for number, answer in enumerate((0, 1, 1, 1, 2))
    ]
    development_set = tmp_path / "development.jsonl"
    development_set.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return SelectionSettings(
        PredictSettings(
            engine=TransformersSettings(model="a-model"),
            input=development_set,
            output=tmp_path / "mine.yaml",
            preset="fewshot",
        )
    )


def output_of(settings: SelectionSettings) -> Path:
    assert settings.predict.output is not None
    return settings.predict.output


def test_the_preset_names_the_most_helpful_demonstration_and_the_scores_stand_beside_it(settings):
    trials = select_with_model(settings, CopyingEngine())
    assert read_preset(str(output_of(settings))).rules[TaskType.MULTIPLE_CHOICE].picks == (Pick("colours", 2),)
    assert [(trial.candidate.number, trial.questions, trial.mean, trial.is_chosen) for trial in trials] == [
        (1, 4, 0.0, False),
        (2, 4, 0.5, True),
        (3, 4, 0.5, False),
        (4, 4, 0.5, False),
        (5, 4, 0.0, False),
    ]
    record = json.loads(output_of(settings).with_suffix(".scores.json").read_text(encoding="utf-8"))
    assert [trial["mean"] for trial in record["trials"]] == [0.0, 0.5, 0.5, 0.5, 0.0]
    assert record["model"] == "a-model"


def test_no_question_is_shown_its_own_answer(settings):
    engine = CopyingEngine()
    select_with_model(settings, engine)
    assert len(engine.dialogues) == 5 * 4
    assert all(dialogue[0].content != dialogue[-1].content for dialogue in engine.dialogues)


def test_a_run_that_died_goes_on_and_ends_like_one_that_did_not(settings, tmp_path):
    first = CopyingEngine(calls=2)
    with pytest.raises(KeyboardInterrupt):
        select_with_model(settings, first)
    assert not output_of(settings).exists()
    second = CopyingEngine()
    trials = select_with_model(settings, second)
    assert (len(first.dialogues), len(second.dialogues)) == (2 * 4, 3 * 4)
    assert [trial.mean for trial in trials] == [0.0, 0.5, 0.5, 0.5, 0.0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["development.jsonl", "mine.scores.json", "mine.yaml"]


def test_a_finished_run_is_not_repeated(settings):
    trials = select_with_model(settings, CopyingEngine())
    assert select_with_model(settings, CopyingEngine(calls=0)) == trials


def test_a_finished_output_that_was_changed_is_refused(settings):
    select_with_model(settings, CopyingEngine())
    with output_of(settings).open("a", encoding="utf-8") as stream:
        stream.write("# mine\n")
    with pytest.raises(ShopBenchError, match=r"mine.yaml: was changed or cut after its run wrote it; choose another"):
        select_with_model(settings, CopyingEngine())


def test_a_run_that_died_between_scores_and_output_goes_on(settings, tmp_path):
    select_with_model(settings, CopyingEngine())
    whole, scores = output_of(settings).read_bytes(), tmp_path / "mine.scores.json"
    run = orjson.loads(scores.read_bytes())["run"]
    output_of(settings).write_bytes(b"older")
    (tmp_path / "mine.yaml.part").write_bytes(orjson.dumps({"run": run}) + b"\n")
    select_with_model(settings, CopyingEngine())
    assert output_of(settings).read_bytes() == whole


def test_what_belongs_to_something_else_is_kept(settings):
    output_of(settings).write_text("ranking: {one_per: task}\n", encoding="utf-8")
    with pytest.raises(ShopBenchError, match=r"mine.yaml: belongs to another run; choose another --output"):
        select_with_model(settings, CopyingEngine())
    assert output_of(settings).read_text(encoding="utf-8") == "ranking: {one_per: task}\n"


def test_scores_of_something_else_are_kept_too(settings):
    scores = output_of(settings).with_suffix(".scores.json")
    scores.write_text("[1]", encoding="utf-8")
    with pytest.raises(ShopBenchError, match=r"mine.scores.json: belongs to another run; choose another --output"):
        select_with_model(settings, CopyingEngine())
    assert scores.read_text(encoding="utf-8") == "[1]"


def test_an_output_that_was_removed_is_written_again(settings):
    trials = select_with_model(settings, CopyingEngine())
    whole = output_of(settings).read_bytes()
    output_of(settings).unlink()
    assert select_with_model(settings, CopyingEngine()) == trials
    assert output_of(settings).read_bytes() == whole


def test_a_model_whose_answers_are_unusable_selects_nothing(settings):
    with pytest.raises(ShopBenchError, match=r"^4 of 4 answers are unusable \(4 not finite\), more than"):
        select_with_model(settings, CopyingEngine(finish_reason="not-finite"))
    assert not output_of(settings).exists()


def test_types_that_are_asked_in_plain_text_keep_their_rule(settings, tmp_path):
    preset = tmp_path / "raw.yaml"
    preset.write_text(
        "multiple-choice: {one_per: type}\ngeneration: {one_per: none, prompt: raw, max_tokens: 7}\n", encoding="utf-8"
    )
    select_with_model(replace(settings, predict=replace(settings.predict, preset=str(preset))), CopyingEngine())
    assert read_preset(str(output_of(settings))).rules == {
        TaskType.MULTIPLE_CHOICE: Rule(picks=(Pick("colours", 2),)),
        TaskType.GENERATION: Rule(one_per="none", prompt="raw", max_tokens=7),
    }


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ("retrieval: {picks: [{task: shapes}]}", "the development set has no retrieval task 'shapes'"),
        ("ranking: {one_per: type}", "the development set has no question that fits"),
    ],
)
def test_a_preset_that_does_not_fit_the_set_is_refused(settings, tmp_path, rules, problem):
    preset = tmp_path / "other.yaml"
    preset.write_text(rules + "\n", encoding="utf-8")
    with pytest.raises(ShopBenchError, match=problem):
        select_with_model(replace(settings, predict=replace(settings.predict, preset=str(preset))), CopyingEngine())


def test_a_preset_without_demonstrations_has_nothing_to_select(settings):
    zero_shot = PredictSettings(
        engine=TransformersSettings(model="a-model"), input=settings.predict.input, output=settings.predict.output
    )
    with pytest.raises(ShopBenchError, match="preset zero-shot has no demonstrations to select"):
        select_with_model(SelectionSettings(zero_shot), CopyingEngine())
