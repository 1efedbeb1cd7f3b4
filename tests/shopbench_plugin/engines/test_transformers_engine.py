"""The transformers engine on a tiny random model: what it may write is what shows, not what it says."""

import re
import time

import pytest

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.interface import Prompt
from shopbench_plugin.engines.transformers_engine import TransformersEngine, TransformersSettings

THOUGHT = r"[A-Za-z][^\|]{10,100}\|(0|1)"


def ask(text, **constraint):
    return Prompt((Message("user", text),), Constraint(**constraint))


@pytest.fixture(scope="module")
def engine(tiny_model):
    engine = TransformersEngine(TransformersSettings(model=str(tiny_model), dtype="float32", batch_size=4))
    yield engine
    engine.close()


def complete(engine, prompts, deadline=None):
    found = dict(engine.complete(prompts, deadline))
    assert sorted(found) == list(range(len(prompts)))
    return [found[index] for index in range(len(prompts))]


def test_rows_of_one_batch_keep_to_their_own_constraints(engine):
    answers = complete(
        engine,
        [
            ask("Which colour?", choices=("4", "7"), max_tokens=1),
            ask("Rank them.", choices=("1,2,3", "3,2,1"), max_tokens=6),
            ask("Think first.", regex=THOUGHT, max_tokens=128),
            ask("Say anything.", max_tokens=5),
        ],
    )
    assert answers[0].text in {"4", "7"}
    assert answers[1].text in {"1,2,3", "3,2,1"}
    assert re.fullmatch(THOUGHT, answers[2].text)
    assert answers[3].generated_tokens <= 5


def test_a_row_that_has_its_tokens_waits_for_the_others(engine):
    """The short row fills its budget without an end token; the padding behind it breaks no grammar."""
    short = ask("Which one?", choices=("0", "1"), max_tokens=1)
    long = ask("Which one?", regex="[ab]{40}", max_tokens=64)
    answers = complete(engine, [short, long])
    assert (answers[0].finish_reason, answers[0].generated_tokens) == ("length", 1)
    assert re.fullmatch("[ab]{40}", answers[1].text)
    assert answers[1].finish_reason == "stop"


def test_the_answer_does_not_depend_on_the_batch(engine):
    prompts = [ask(f"Product {number * '.'}", max_tokens=6) for number in range(9)]
    together = [answer.text for answer in complete(engine, prompts)]
    alone = [complete(engine, [prompt])[0].text for prompt in prompts]
    assert together == alone


def test_token_counts_are_those_of_the_rendered_dialogue(engine):
    prompt = ask("Which colour?", max_tokens=3)
    (answer,) = complete(engine, [prompt])
    assert answer.prompt_tokens == engine.count_tokens(prompt.messages)
    assert engine.context_length == 1024


def test_what_is_late_comes_back_unfinished(engine):
    prompts = [ask(f"Question {number}", regex="[ab]{400}", max_tokens=500) for number in range(9)]
    answers = complete(engine, prompts, deadline=time.monotonic() + 0.3)
    assert {answer.finish_reason for answer in answers} == {"deadline"}
    assert [answer for answer in answers if answer.text == ""], "the last batches were not begun"


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(ShopBenchError, match=r"no config\.json"):
        TransformersSettings(model=str(tmp_path)).load()


def test_what_is_not_finite_is_said_though_the_constraint_holds(broken_model):
    engine = TransformersSettings(model=str(broken_model), dtype="float32", batch_size=4).load()
    asked = [ask("Which colour?", choices=("4", "7"), max_tokens=1), ask("Say anything.", max_tokens=5)]
    answers = complete(engine, asked)
    engine.close()
    assert [one.finish_reason for one in answers] == ["not-finite", "not-finite"]
    assert answers[0].text in {"4", "7"}


def test_a_raw_prompt_is_tokenized_without_a_chat_template(engine):
    assert engine.count_tokens([Message("raw", "Which colour?")]) == len(engine._tokenizer("Which colour?").input_ids)
    assert engine.count_tokens([Message("user", "Which colour?")]) > engine.count_tokens(
        [Message("raw", "Which colour?")]
    )


def test_a_stream_tells_each_row_token_by_token_and_ends_with_the_same_answer(engine):
    prompts = [ask("Rank them.", choices=("1,2,3", "3,2,1"), max_tokens=6), ask("Say anything.", max_tokens=3)]
    told = [[], []]
    found = dict(engine.complete_streamed(prompts, None, lambda index, text: told[index].append(text)))
    assert [found[0], found[1]] == complete(engine, prompts)
    ranking = found[0].text
    assert [text for text in dict.fromkeys(told[0]) if text] == [ranking[:end] for end in range(1, len(ranking) + 1)]
    assert told[1][-1] == found[1].text
