"""The token that ends an assistant's turn, which need not be the tokenizer's end token.

Gemma's and Phi-3's chat templates end a turn with a token of its own; their tokenizers' end token ends a whole text.
"""

from typing import Any

_ANSWER = "Kettle"


def find_turn_end(tokenizer: Any) -> int:
    """Return the first special token that the chat template puts after an assistant's text.

    It is the tokenizer's end token if there is no chat template, or none that marks the end of a turn this way.
    """
    end: int = tokenizer.eos_token_id
    if tokenizer.chat_template is None:
        return end
    dialogue = [{"role": "user", "content": "What is it?"}, {"role": "assistant", "content": _ANSWER}]
    try:
        rendered: str = tokenizer.apply_chat_template(dialogue, tokenize=False)
    except Exception:  # noqa: BLE001  a template is other people's code; whoever renders a prompt reports its errors
        return end
    _, answer, rest = rendered.rpartition(_ANSWER)
    special = {index for index, token in tokenizer.added_tokens_decoder.items() if token.special}
    followers = tokenizer.encode(rest, add_special_tokens=False) if answer else []
    return next((token for token in followers if token in special), end)
