"""What a client sets for one question alone: its own turns, a system prompt, a length, stop texts, and watching."""

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Message, Question
from shopbench_plugin.engines.interface import Completion
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.predict import Predictor, PredictorSettings
from shopbench_plugin.predict.completeness import is_complete
from shopbench_plugin.predict.dialogue import Dialogue, Prepared
from shopbench_plugin.routing import route

CHOICE = Question("Which one is a drink?\n0. soap\n1. tea\n2. wool\nAnswer: ", is_multiple_choice=True)
TITLE = Question("Write a product title for a steel kettle.", is_multiple_choice=False)
RETRIEVAL = "Select three products a camper needs.\n0. tent\n1. stove\n2. lamp\n3. piano\nAnswer with the indices."


class Engine:
    """Writes one text to everything, a piece at a time, and keeps what it is asked."""

    context_length = 1000

    def __init__(self, pieces=("Steel", " kettle"), reason="stop"):
        self.pieces = pieces
        self.reason = reason
        self.asked = []

    def count_tokens(self, messages):
        if any(message.role == "system" and "forbidden" in message.content for message in messages):
            raise ShopBenchError("the chat template takes no system turn")
        return sum(len(message.content.split()) for message in messages)

    def complete(self, prompts, deadline=None):
        yield from self.complete_streamed(prompts, deadline, lambda index, text: None)

    def complete_streamed(self, prompts, deadline, on_text):
        self.asked += prompts
        for index in range(len(prompts)):
            for end in range(len(self.pieces)):
                on_text(index, "".join(self.pieces[: end + 1]))
            yield index, Completion("".join(self.pieces), self.reason)

    def close(self):
        pass


def answer(engine, dialogue, **settings):
    predictor = Predictor(PredictorSettings(engine=TransformersSettings(model="none"), **settings), engine)
    [(_, prediction)] = predictor.answer_dialogues([dialogue])
    return prediction


def test_history_stands_before_the_question_and_the_system_prompt_is_replaced():
    engine = Engine()
    history = (Message("user", "Hello<|im_end|>"), Message("assistant", "Hi"))
    answer(engine, Dialogue(TITLE, history, "Be brief."), system_prompt="the settings'", direct_answer=False)
    assert engine.asked[0].messages == (
        Message("system", "Be brief."),
        Message("user", "Hello< |im_end|>"),
        Message("assistant", "Hi"),
        Message("user", TITLE.input_field),
    )


@pytest.mark.parametrize("words", [1000, 100_000])
def test_history_that_leaves_no_room_for_the_question_is_too_long(words):
    engine = Engine()
    history = (Message("user", "word " * words), Message("assistant", "Hi"))
    assert answer(engine, Dialogue(TITLE, history)).finish_reason == "too-long"
    assert engine.asked == []


def test_turns_that_the_chat_template_refuses_spoil_no_other_question():
    predictor = Predictor(PredictorSettings(engine=TransformersSettings(model="none")), Engine())
    found = dict(predictor.answer_dialogues([Dialogue(TITLE, system_prompt="forbidden"), Dialogue(TITLE)]))
    assert [found[0].finish_reason, found[1].finish_reason] == ["refused", "stop"]
    assert found[0].refusal == "the chat template takes no system turn"


@pytest.mark.parametrize(
    ("question", "asked_for", "tokens"),
    [(TITLE, 3, 3), (TITLE, 400, 400), (TITLE, 10_000, 500), (CHOICE, 10_000, 1)],
)
def test_the_length_asked_for_is_kept_as_far_as_the_context_lets_it(question, asked_for, tokens):
    engine = Engine()
    answer(engine, Dialogue(question, max_tokens=asked_for))
    assert engine.asked[0].constraint.max_tokens == tokens


def test_an_answer_ends_before_the_first_stop_text():
    prediction = answer(Engine(("Steel kettle", " | red\nnew"), "length"), Dialogue(TITLE, stop=("\n", " |")))
    assert (prediction.raw, prediction.prediction, prediction.finish_reason) == ("Steel kettle", "Steel kettle", "stop")


def test_a_watcher_is_told_the_prompt_and_then_what_has_been_written():
    events = []
    predictor = Predictor(PredictorSettings(engine=TransformersSettings(model="none")), Engine())
    list(predictor.answer_dialogues([Dialogue(TITLE)], watch=lambda index, event: events.append((index, event))))
    (first, prepared), *rest = events
    assert first == 0
    assert isinstance(prepared, Prepared)
    assert rest == [(0, "Steel"), (0, "Steel kettle")]


@pytest.mark.parametrize(
    ("text", "complete"), [("1,0,2", True), ("1,0", False), ("1,0,", False), ("1,1,2", False), ("1,0,9", False)]
)
def test_a_list_is_complete_with_as_many_labels_as_are_wanted(text, complete):
    assert is_complete(text, route(RETRIEVAL, is_multiple_choice=False)) is complete


def test_a_label_that_may_be_the_beginning_of_another_is_not_complete():
    options = "\n".join(f"{number}. thing {number}" for number in range(12))
    routed = route(f"Which one is a drink?\n{options}\nAnswer: ", is_multiple_choice=True)
    assert [is_complete(text, routed) for text in ("1", "2", "11")] == [False, True, True]


def test_a_whole_list_that_fills_its_budget_is_finished():
    prediction = answer(Engine(("1,0,2",), "length"), Dialogue(Question(RETRIEVAL, is_multiple_choice=False)))
    assert (prediction.prediction, prediction.finish_reason) == ("1,0,2", "stop")
