"""What a dialogue loses when it is too long, in which order, and what it never loses."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbench_plugin.core.prediction import Cut
from shopbench_plugin.core.vocabulary import Message, Question, TaskType
from shopbench_plugin.demonstrations.choice import Demonstration
from shopbench_plugin.prompting.fitting import FittedPrompt, fit_to_context
from shopbench_plugin.prompting.messages import PromptSettings, build_messages
from shopbench_plugin.routing import route

PLAIN = PromptSettings(direct_answer=False)
TEXTS = ("it broke", "it was late", "it is fine")
OPTIONS = "0. it broke\n1. it was late\n2. it is fine\nAnswer: "
ASKED = f"What does the customer of this review complain about?\nReview: <review>\n{OPTIONS}"
SHOWN = tuple(
    Demonstration(Question(f"Which of these is {thing}?\n0. tea\n1. rug\nAnswer: ", task_type=TaskType.RETRIEVAL), "0")
    for thing in ("a drink", "not to be trodden on", "poured")
)


def count_words(messages: Sequence[Message]) -> int:
    return sum(len(message.content.split()) for message in messages)


def fit(text: str, limit: int, demonstrations: Sequence[Demonstration] = SHOWN) -> FittedPrompt:
    return fit_to_context(route(text), demonstrations, PLAIN, count_words, limit)


def test_what_fits_is_left_alone():
    text = ASKED.replace("<review>", "The kettle came with a crack.")
    assert fit(text, 1_000) == FittedPrompt(build_messages(route(text), SHOWN, PLAIN))


def test_a_text_that_must_fit_is_not_counted():
    def refuse(messages: Sequence[Message]) -> int:
        raise AssertionError(messages)

    text = ASKED.replace("<review>", "The kettle came with a crack.")
    assert fit_to_context(route(text), SHOWN, PLAIN, refuse, 1_000).fits


def test_demonstrations_go_first_and_from_the_end():
    text = ASKED.replace("<review>", "The kettle came with a crack.")
    whole = build_messages(route(text), SHOWN, PLAIN)
    fitted = fit(text, count_words(whole) - 1)
    assert fitted.messages == (*whole[:4], whole[-1])
    assert fitted.cuts == (Cut("demonstrations", removed_tokens=11, pieces=1),)


def test_the_passage_loses_its_middle_when_no_demonstration_is_left():
    text = ASKED.replace("<review>", " ".join(f"word{number:04}" for number in range(2_000)))
    fitted = fit(text, 200)
    content = fitted.messages[-1].content
    assert len(fitted.messages) == 1
    assert content.startswith("What does the customer of this review complain about?\nReview: word0000 word0001 ")
    assert content.endswith(f" word1998 word1999\n{OPTIONS}")
    assert content.count(" [...] ") == 1
    assert 190 <= count_words(fitted.messages) <= 200
    removed = count_words([Message("user", text)]) - count_words(fitted.messages)
    assert fitted.cuts[1:] == (Cut("passage", removed, pieces=1),)


def test_a_system_prompt_stays():
    text = ASKED.replace("<review>", "lorem " * 2_000)
    settings = PromptSettings(system_prompt="You run a shop.", direct_answer=False)
    fitted = fit_to_context(route(text), SHOWN, settings, count_words, 200)
    assert [message.role for message in fitted.messages] == ["system", "user"]


def test_of_two_passages_the_longer_is_cut():
    title = "A blue kettle with a very long spout"
    text = (
        f"Which keywords suit the product?\nProduct Title: {title}\nProduct Description: {'very ' * 900}nice\n{OPTIONS}"
    )
    fitted = fit(text, 150, ())
    assert f"Product Title: {title}\n" in fitted.messages[-1].content
    assert fitted.cuts[0].pieces == 1


def test_a_quoted_passage_is_cut_and_the_instruction_around_it_stays():
    text = f"A product with description '{'good ' * 900}' is on sale. Which language is it in?\n{OPTIONS}"
    content = fit(text, 150, ()).messages[-1].content
    assert content.startswith("A product with description 'good ")
    assert content.endswith(f"good ' is on sale. Which language is it in?\n{OPTIONS}")


def test_a_passage_of_many_lines_without_a_name_is_cut_at_the_middle_of_the_question():
    talk = "a line of talk\n" * 5_000
    text = f"Choose what the customer wants.\n{talk}\n{OPTIONS}"
    fitted = fit(text, 600, ())
    assert fitted.fits
    assert fitted.messages[-1].content.startswith("Choose what the customer wants.\na line")
    assert fitted.messages[-1].content.endswith(f"a line of talk\n\n{OPTIONS}")


def test_options_that_are_too_long_stay_whole_and_are_reported_not_to_fit():
    text = f"Which one is it?\n0. {'long ' * 500}\n1. short\nAnswer: "
    fitted = fit(text, 100)
    assert fitted.messages == (Message("user", text),)
    assert not fitted.fits
    assert [cut.kind for cut in fitted.cuts] == ["demonstrations"]


def test_a_list_without_answers_is_cut_like_any_passage():
    reviews = "\n".join(f"{number}. It {'hums ' * 300}a lot {number}." for number in range(1, 9))
    text = f"Summarize what customers think of the fan.\nReviews:\n{reviews}\nOutput:"
    fitted = fit(text, 800, ())
    content = fitted.messages[-1].content
    assert fitted.fits
    assert content.startswith("Summarize what customers think of the fan.\nReviews:\n1. It hums ")
    assert all(f"{number}. It hums " in content and f"hums a lot {number}.\n" in content for number in range(1, 9))
    assert content.endswith("\nOutput:")
    assert fitted.cuts[0].pieces == 8


def test_the_middle_of_a_list_of_many_short_items_without_answers_is_cut():
    reviews = "\n".join(f"{number}. It hums." for number in range(1, 900))
    fitted = fit(f"Summarize what customers think of the fan.\nReviews:\n{reviews}\nOutput:", 600, ())
    assert fitted.fits
    assert fitted.messages[-1].content.startswith("Summarize what customers think of the fan.\nReviews:\n1. It hums.")
    assert fitted.messages[-1].content.endswith("899. It hums.\nOutput:")


@pytest.mark.parametrize("text", ["a" * 1_000_000, "Review: a\n" * 100_000, ASKED.replace("<review>", "ab " * 333_333)])
def test_a_million_characters_are_counted_whole_only_once(text):
    counted: list[int] = []

    def count(messages: Sequence[Message]) -> int:
        counted.append(sum(len(message.content) for message in messages))
        return counted[-1] // 4

    fitted = fit_to_context(route(text), SHOWN, PromptSettings(), count, 2_000)
    assert fitted.fits
    assert sum(length > 100_000 for length in counted) == 1
    assert fitted.cuts[-1].removed_tokens == pytest.approx(250_000 - 2_000, rel=0.01)


@given(review=st.text(max_size=2_000), limit=st.integers(1, 400))
def test_whatever_the_review_says_the_options_stay_and_the_limit_holds(review, limit):
    fitted = fit(ASKED.replace("<review>", review), limit)
    assert fitted.messages[-1].content.endswith("2. it is fine\nAnswer: ")
    assert all(f"{number}. {text}" in fitted.messages[-1].content for number, text in enumerate(TEXTS))
    assert fitted.fits == (count_words(fitted.messages) <= limit)


@given(text=st.text())
def test_any_text_is_put_and_fitted(text):
    assert fit(text, 20).messages[-1].role == "user"
