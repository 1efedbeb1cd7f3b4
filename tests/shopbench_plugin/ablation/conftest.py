"""A small development set over four task types, and an engine that answers it by rule."""

from dataclasses import dataclass, field

import orjson
import pytest

from shopbench_plugin.ablation.settings import AblationSettings
from shopbench_plugin.engines.interface import Completion
from shopbench_plugin.engines.openai_engine import OpenAISettings
from shopbench_plugin.scoring import ScoringSettings

CHOICE = "Which of these is a drink?\n0. {}\n1. tea\n2. soap\nAnswer: "
RANKING = "Rank these products, the best for a {} first.\n1. pan\n2. pot\n3. cup\nOutput: "
RETRIEVAL = "Select three products that go with the {}.\n1. pan\n2. pot\n3. cup\n4. jar\nOutput: "
ENTITIES = "Extract the brand from the query.\nQuery: {} pan by Orvello\nOutput: "


def make_rows(words):
    rows = []
    for word in words:
        rows += [
            (CHOICE, 1, "task1", "multiple-choice", "accuracy"),
            (RANKING, [0.0, 0.1, 1.0], "task2", "ranking", "ndcg"),
            (RETRIEVAL, [1, 2, 4], "task3", "retrieval", "hit rate@3"),
            (ENTITIES, ["orvello"], "task4", "named_entity_recognition", "micro f1"),
        ]
        rows[-4:] = [(text.format(word), *rest) for text, *rest in rows[-4:]]
    names = ("input_field", "output_field", "task_name", "task_type", "metric")
    return [
        dict(zip(names, row, strict=True), is_multiple_choice=row[3] == "multiple-choice", track="one") for row in rows
    ]


@dataclass
class Model:
    """Answers validly, a multiple choice with `choice`, where it is held to it; chatters where it isn't.

    Attributes:
        asked: the prompts, in order.
        fails_at: give up when so many were asked.
    """

    choice: str = "1"
    asked: list = field(default_factory=list)
    fails_at: int | None = None
    is_closed: bool = False
    context_length: int = 4096

    def count_tokens(self, messages):
        return 1

    def complete(self, prompts, deadline=None):
        for index, prompt in enumerate(prompts):
            self.asked.append(prompt)
            if len(self.asked) == self.fails_at:
                raise KeyboardInterrupt
            yield index, Completion(self.answer(prompt), "stop")

    def answer(self, prompt):
        constraint, text = prompt.constraint, prompt.messages[-1].content
        if not constraint.choices and not constraint.regex:
            return f"The answer to that one is {self.choice}."
        if "drink" in text:
            return self.choice if constraint.choices else f"It is a drink|{self.choice}"
        return "3,2,1" if "Rank" in text else "1,2,4" if "Select" in text else "Orvello"

    def close(self):
        self.is_closed = True


def write_set(path, words):
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in make_rows(words)))
    return path


def make_settings(folder):
    """Return settings with models on a server, for their folders needn't be there."""
    return AblationSettings(
        engine=OpenAISettings(model="tuned"),
        untuned="untuned",
        quantized="quantized",
        input=write_set(folder / "questions.jsonl", ["shirt", "lamp", "sofa", "shelf", "rug", "bed", "desk", "vase"]),
        development_set=write_set(folder / "development.jsonl", ["book", "shoe"]),
        output_dir=folder / "ablation",
        scoring=ScoringSettings(resamples=200),
    )


@pytest.fixture
def settings(tmp_path):
    return make_settings(tmp_path)


@pytest.fixture
def serve():
    return make_loader()


def make_loader():
    """Return a loader of rule-bound models, which keeps those it made as its `loaded`, and answers worse untuned."""

    def load(engine_settings):
        model = Model(choice="0" if engine_settings.model == "untuned" else "1", fails_at=load.fails_at)
        load.loaded.append((engine_settings, model))
        return model

    load.loaded = []
    load.fails_at = None
    return load
