from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.models.turn_end import find_turn_end

TURNS = "{% for turn in messages %}<|im_start|>{{ turn.content }}"


@pytest.fixture
def tokenizer(tiny_base_model: Path) -> Any:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_base_model)
    tokenizer.eos_token = tokenizer.pad_token  # <|endoftext|>
    return tokenizer


@pytest.mark.parametrize(
    ("template", "end"),
    [
        (TURNS + "<|im_end|>\n{% endfor %}", "<|im_end|>"),
        (TURNS + "\n<|im_end|>{% endfor %}{{ eos_token }}", "<|im_end|>"),
        (TURNS + "{{ eos_token }}{% endfor %}", "<|endoftext|>"),
        (TURNS + "\n###\n{% endfor %}", "<|endoftext|>"),
        ("<|im_end|>{{ messages[0].content }}", "<|endoftext|>"),
        ("{{ raise_exception('no such dialogue') }}", "<|endoftext|>"),
        (None, "<|endoftext|>"),
    ],
)
def test_the_end_of_a_turn_is_the_first_special_token_after_an_answer(
    template: str | None, end: str, tokenizer: Any
) -> None:
    tokenizer.chat_template = template
    assert tokenizer.convert_ids_to_tokens(find_turn_end(tokenizer)) == end
