"""Durations are operations divided by the cards' promised speed, worked out by hand here."""

import pytest

from shopbench_plugin.planning.cards import parse_cards
from shopbench_plugin.planning.description import describe_durations
from shopbench_plugin.planning.durations import estimate_answering_seconds, estimate_training_seconds
from shopbench_plugin.planning.memory import Quantization
from shopbench_plugin.planning.plan import Plan, make_plan
from shopbench_plugin.planning.shapes import BUILT_IN


def plan(model: str, cards: str, quantization: Quantization = Quantization.NONE) -> Plan:
    return make_plan(BUILT_IN[model], parse_cards(cards), quantization, 2048)


def test_the_papers_training_takes_an_afternoon_on_eight_a100() -> None:
    # 200,000 rows x 170 tokens x 72.7 billion weights x 6 operations; 8 x 312 TFLOPS, of which 35 %
    seconds = estimate_training_seconds(plan("qwen2-72b", "8xA100"), 200_000)
    assert seconds == pytest.approx(34e6 * 72.706e9 * 6 / (8 * 312e12 * 0.35), rel=1e-3)
    assert seconds == pytest.approx(4.7 * 3600, rel=0.01)


def test_the_competitions_questions_take_less_than_its_140_minutes_on_four_t4() -> None:
    seconds = estimate_answering_seconds(plan("qwen2-72b", "4xT4", Quantization.GPTQ_INT4), 20_000)
    prompts = 20_000 * 190 * 72.86e9 * 2 / (4 * 65e12 * 0.4)
    answers = 20_000 * 10 / 23 * 41.6e9 / (4 * 320e9 * 0.6)  # 23 requests under way
    assert seconds == pytest.approx(prompts + answers, rel=5e-3)
    assert seconds == pytest.approx(96 * 60, rel=0.01)


def test_cards_beyond_those_that_the_model_needs_answer_their_share() -> None:
    alone = estimate_answering_seconds(plan("qwen2-7b", "1xA100"), 1000)
    assert alone is not None
    assert estimate_answering_seconds(plan("qwen2-7b", "8xA100"), 1000) == pytest.approx(alone / 8)


def test_nothing_is_reckoned_for_a_card_of_unknown_speed_or_a_model_that_does_not_fit() -> None:
    assert list(describe_durations(plan("qwen2-72b", "8x80"), 1000, 1000)) == [
        "time: unknown for this 80 GB GPU; specify the GPU by name, such as --gpus 8xA100"
    ]
    assert list(describe_durations(plan("qwen2-72b", "4xT4"), 1000, 1000)) == [
        "time: no training estimate because no recipe fits",
        "time: no answering estimate because the model does not fit",
    ]


def test_minutes_are_rounded_before_they_are_one_or_many() -> None:
    # 20,000 rows take 45 minutes here: 600 rows 81 seconds, 800 rows 108
    told = [next(describe_durations(plan("qwen2-7b", "1xRTX4090"), rows, None)) for rows in (600, 800)]
    assert [line.split(" for ")[0] for line in told] == ["time: about a minute", "time: about 2 minutes"]


def test_only_the_requested_durations_are_described() -> None:
    told = list(describe_durations(plan("qwen2-7b", "1xRTX4090"), 20_000, None))
    assert told == ["time: about 45 minutes for an epoch of 20000 rows of 170 tokens, packed"]
