"""Dialogues as text, in the markup of any LlamaFactory template."""

import logging
from collections.abc import Callable
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError, unknown_name


def open_template(name: str, tokenizer: Path) -> Callable[[str, str], str]:
    """Return a function that writes a question and its answer as LlamaFactory trains on them.

    Args:
        name: the template's name.
        tokenizer: the folder of the tokenizer, whose special tokens some templates use.

    Raises:
        ShopBenchError: LlamaFactory is not installed or has no such template, or the tokenizer can't be read.
    """
    try:
        from llamafactory.data.template import TEMPLATES
    except ImportError as error:
        raise ShopBenchError(f"template '{name}' needs LlamaFactory ({error}); run: make setup") from error
    from transformers import AutoTokenizer

    if name not in TEMPLATES:
        raise unknown_name("template", name, TEMPLATES)
    try:
        loaded = AutoTokenizer.from_pretrained(tokenizer)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ShopBenchError(
            f"{tokenizer}: transformers can't read its tokenizer ({reason:.200}); copy the model's tokenizer again"
        ) from error
    logging.getLogger("llamafactory").setLevel(logging.ERROR)  # it logs which special tokens it adds
    template = TEMPLATES[name]
    template.fix_special_tokens(loaded)

    def write(question: str, answer: str) -> str:
        turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        asked, answered = template.encode_oneturn(loaded, turns)
        return str(loaded.decode(asked + answered, clean_up_tokenization_spaces=False))

    return write
