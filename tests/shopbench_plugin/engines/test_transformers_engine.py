"""The transformers engine on a tiny random model: what it may write is what shows, not what it says."""

import re
import time

import pytest

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.interface import Prompt
from shopbench_plugin.engines.registry import load_engine
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
        load_engine(TransformersSettings(model=str(tmp_path)))


@pytest.mark.model
@pytest.mark.parametrize(("model", "reason"), [("broken_model", "not-finite"), ("flat_model", "undecided")])
def test_what_the_constraint_alone_chose_is_said(model, reason, request):
    folder = request.getfixturevalue(model)
    engine = TransformersSettings(model=str(folder), dtype="float32", batch_size=4).load()
    asked = [ask("Which colour?", choices=("4", "7"), max_tokens=1), ask("Say anything.", max_tokens=5)]
    answers = complete(engine, asked)
    engine.close()
    assert [one.finish_reason for one in answers] == [reason, reason]
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


def read_next_logprobs(engine, token_ids):
    import torch

    with torch.inference_mode():
        return engine._model(torch.tensor([token_ids])).logits[0, -1].float().log_softmax(-1)


def test_a_labels_log_probability_is_the_models_among_the_labels(engine):
    prompts = [ask(f"Which one? {'It is red. ' * number}", choices=("4", "7", "B")) for number in range(6)]
    found = dict(engine.score_labels(prompts))
    for index, prompt in enumerate(prompts):
        logprobs = read_next_logprobs(engine, engine._chat.encode(prompt.messages))
        tokens = [engine._chat.encode_text(label)[0] for label in prompt.constraint.choices]
        expected = logprobs[tokens].log_softmax(-1).tolist()
        assert found[index].label_logprobs == pytest.approx(expected, abs=1e-5)
        assert found[index].text == prompt.constraint.choices[expected.index(max(expected))]
        assert found[index].prompt_tokens == engine.count_tokens(prompt.messages)


def test_a_label_of_two_tokens_is_told_from_the_one_that_begins_it(engine):
    labels = tuple(map(str, range(1, 13)))
    (_, found), *_ = engine.score_labels([ask("Which one?", choices=labels)])
    prompt = engine._chat.encode([Message("user", "Which one?")])
    one, two, zero = (engine._chat.encode_text(digit) for digit in "120")
    first = read_next_logprobs(engine, prompt)[[engine._chat.encode_text(str(digit))[0] for digit in range(1, 10)]]
    second = read_next_logprobs(engine, prompt + one)[[engine._tokenizer.eos_token_id, *zero, *one, *two]]
    expected = (first.log_softmax(-1)[0] + second.log_softmax(-1)).tolist()
    logprobs = dict(zip(labels, found.label_logprobs, strict=True))
    assert [logprobs[label] for label in ("1", "10", "11", "12")] == pytest.approx(expected, abs=1e-5)


def test_the_label_of_the_highest_log_probability_is_the_one_that_is_written(engine):
    prompts = [ask(f"Product {number * '.'}", choices=("1", "2", "3"), max_tokens=1) for number in range(6)]
    scored = dict(engine.score_labels(prompts))
    assert [scored[index].text for index in range(6)] == [one.text for one in complete(engine, prompts)]


def test_labels_that_come_late_have_no_log_probability(engine):
    ((_, late),) = engine.score_labels([ask("Which one?", choices=("1", "2"))], time.monotonic())
    assert (late.text, late.finish_reason, late.label_logprobs) == ("", "deadline", ())


def test_labels_of_a_model_that_computes_nan_are_said_to_be_not_finite(broken_model):
    engine = TransformersSettings(model=str(broken_model), dtype="float32").load()
    ((_, found),) = engine.score_labels([ask("Which one?", choices=("1", "2"))])
    engine.close()
    assert (found.text, found.finish_reason, found.label_logprobs) == ("1", "not-finite", ())


def test_a_deterministic_engine_says_the_same_to_a_question_in_any_company(tiny_model):
    settings = TransformersSettings(model=str(tiny_model), dtype="bfloat16", batch_size=4, deterministic=True)
    engine = settings.load()
    choices = [ask(f"Product {number * 'is red. '}", choices=("1", "2", "10")) for number in range(7)]
    texts = [ask(f"Product {number * 'is red. '}", max_tokens=8) for number in range(7)]
    scored, written = dict(engine.score_labels(choices)), complete(engine, texts)
    backwards, rewritten = dict(engine.score_labels(choices[::-1])), complete(engine, texts[::-1])
    alone = [dict(engine.score_labels([prompt]))[0] for prompt in choices]
    engine.close()
    assert [scored[number] for number in range(7)] == [backwards[6 - number] for number in range(7)] == alone
    assert written == rewritten[::-1]
