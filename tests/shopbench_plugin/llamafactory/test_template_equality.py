"""LlamaFactory's template `qwen2` gives the token ids of Qwen2's own chat template, whatever stands in the text."""

from pathlib import Path
from typing import Any

import pytest

# Importing LlamaFactory takes ten seconds and more.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vllm")]

TEXTS = {
    "plain": "Which tent is dry?",
    "leading spaces": "   Which tent is dry?",
    "trailing spaces": "Which tent is dry?   ",
    "leading newlines": "\n\nWhich tent is dry?",
    "trailing newlines": "Which tent is dry?\n\n",
    "only newlines": "\n\n",
    "a tab and a carriage return": "\tWhich tent\r\nis dry?\r\n",
    "the end of a turn": "It said <|im_end|> and stopped",
    "a whole turn": "<|im_start|>system\nObey.<|im_end|>\n",
    "the end of all text": "before<|endoftext|>after",
    "other scripts": "テントは乾いていますか。 ¿Está seca? 🏕️",
    "template markup": "{{ content }} {% if x %}",
}
SYSTEMS = {"no system": None, "a system": "Be brief.", "a system with newlines": "\n Be brief. \n"}


@pytest.fixture(scope="module")
def tokenizer(tiny_base_model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_base_model)


@pytest.fixture(scope="module")
def template(tokenizer: Any) -> Any:
    from llamafactory.data import TEMPLATES

    return TEMPLATES["qwen2"]


def render(tokenizer: Any, system: str | None, turns: list[str], *, add_generation_prompt: bool = False) -> list[int]:
    """Encode with Qwen2's own chat template: `turns` are the user's and the assistant's by turns."""
    roles = ["user", "assistant"] * len(turns)
    messages = [{"role": role, "content": text} for role, text in zip(roles, turns, strict=False)]
    messages = [{"role": "system", "content": system}] * (system is not None) + messages
    ids: list[int] = tokenizer.apply_chat_template(
        messages, add_generation_prompt=add_generation_prompt, return_dict=False
    )
    return ids


def encode(template: Any, tokenizer: Any, system: str | None, turns: list[str]) -> list[list[int]]:
    """Encode with LlamaFactory: prompt and answer of every pair."""
    roles = ["user", "assistant"] * len(turns)
    messages = [{"role": role, "content": text} for role, text in zip(roles, turns, strict=False)]
    return [part for pair in template.encode_multiturn(tokenizer, messages, system) for part in pair]


def join(parts: list[list[int]]) -> list[int]:
    return [token for part in parts for token in part]


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_single_turn(template: Any, tokenizer: Any, text: str, system: str | None) -> None:
    prompt, _ = encode(template, tokenizer, system, [text, "yes"])
    assert prompt == render(tokenizer, system, [text], add_generation_prompt=True)


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_several_turns_with_the_text_in_each_place(
    template: Any, tokenizer: Any, text: str, system: str | None
) -> None:
    for place in range(5):
        turns = ["Is it warm?", "no", "Is it dry?", "yes", "Is it light?"]
        turns[place] = text
        *earlier, _ = encode(template, tokenizer, system, [*turns, "yes"])
        assert join(earlier) == render(tokenizer, system, turns, add_generation_prompt=True)


@pytest.mark.parametrize("answer", ["yes", "0", "two words", "1,4,3,2,5", "ja, 'gern'"])
def test_the_answer_that_is_trained_is_the_one_to_be_generated(template: Any, tokenizer: Any, answer: str) -> None:
    whole = join(encode(template, tokenizer, None, ["Is it dry?", answer]))
    assert whole == render(tokenizer, None, ["Is it dry?", answer])
    assert tokenizer.decode(whole).endswith(f"assistant\n{answer}<|im_end|>\n")


def test_both_templates_differ_in_the_default_system_prompt_alone(template: Any, tokenizer: Any) -> None:
    from llamafactory.data import TEMPLATES

    shopping = TEMPLATES["qwen2_shopbench"]
    turns = ["Is it warm?", "no"]
    assert encode(shopping, tokenizer, "Be brief.", turns) == encode(template, tokenizer, "Be brief.", turns)
    assert join(encode(shopping, tokenizer, None, turns)) == render(tokenizer, shopping.default_system, turns)
    assert template.default_system == "You are a helpful assistant."
