"""How a user specifies GPUs, and what is refused."""

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.planning.cards import parse_cards


@pytest.mark.parametrize(
    ("text", "count", "name", "gigabytes"),
    [
        ("4xT4", 4, "T4", 16),
        ("4x16", 4, "T4", 16),
        ("2x48GB", 2, "48 GB GPU", 48),
        ("1x288", 1, "288 GB GPU", 288),
        ("1x4090", 1, "RTX4090", 24),
        ("2x RTX 4090", 2, "RTX4090", 24),
        ("8xrtx-3090", 8, "RTX3090", 24),
        ("1x5090", 1, "RTX5090", 32),
        ("2xA6000", 2, "A6000", 48),
        ("1xH200", 1, "H200", 141),
    ],
)
def test_cards_are_read(text: str, count: int, name: str, gigabytes: int) -> None:
    cards = parse_cards(text)
    assert (cards.count, cards.card.name, cards.card.gigabytes) == (count, name, gigabytes)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("many", "--gpus 'many': use COUNTxGB or COUNTxNAME, such as 4x16 or 4xT4"),
        ("1x1080", "--gpus '1x1080': a GPU has at most 288 GB; write its memory, or one of the names T4, V100, "),
        ("1x289", "--gpus '1x289': a GPU has at most 288 GB"),
        ("1xH2000", "unknown GPU 'H2000', did you mean 'H200'?"),
    ],
)
def test_a_card_that_does_not_exist_is_refused(text: str, error: str) -> None:
    with pytest.raises(ShopBenchError) as caught:
        parse_cards(text)
    assert str(caught.value).startswith(error)


@pytest.mark.parametrize("text", ["4x80GB", "4X80gb", "4 * 80 gB"])
def test_cards_are_written_in_any_case(text: str) -> None:
    assert (parse_cards(text).count, parse_cards(text).card.gigabytes) == (4, 80)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("four", "--gpus 'four': use COUNTxGB or COUNTxNAME"),
        ("0x16", "--gpus '0x16': use COUNTxGB or COUNTxNAME"),
        ("4x0", "--gpus '4x0': use COUNTxGB or COUNTxNAME"),
        ("4x²", "--gpus '4x²': use COUNTxGB or COUNTxNAME"),
        (f"4x{'9' * 5000}", "use COUNTxGB or COUNTxNAME"),
        ("4xRTX409", "unknown GPU 'RTX409', did you mean 'RTX4090'"),
    ],
)
def test_cards_that_make_no_sense_are_answered(text: str, message: str) -> None:
    with pytest.raises(ShopBenchError, match=message):
        parse_cards(text)


def test_larger_cards_are_served_in_bfloat16() -> None:
    assert parse_cards("8x80").card.dtype == "bfloat16"
