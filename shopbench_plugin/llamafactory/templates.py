"""The LlamaFactory templates `qwen2` and `qwen2_shopbench`.

Imported only by `import_hook`, right after LlamaFactory's own template module has run.
"""

import re
from types import ModuleType
from typing import Any

from llamafactory.data.data_utils import Role
from llamafactory.data.formatter import FunctionFormatter, StringFormatter, ToolFormatter
from llamafactory.data.template import Template
from llamafactory.extras.constants import DEFAULT_TEMPLATE

from shopbench_plugin.models.chat_template import SYSTEM_PROMPTS, write_chat_template

_TOOL_RESPONSE_TURN = (
    "<|im_start|>user\n<tool_response>\n{{content}}\n</tool_response><|im_end|>\n<|im_start|>assistant\n"
)
_QWEN2 = re.compile(r"Qwen2-(MoE-)?\d.*")
_PLAIN_ROLES = {Role.USER, Role.ASSISTANT}


class Qwen2Template(Template):  # type: ignore[misc]  # LlamaFactory ships no types
    """Qwen2's chat markup, identical token for token to the output of its chat template and tokenizer.

    LlamaFactory encodes every turn separately, so an earlier answer that begins with a newline gets different tokens
    than in the complete dialogue, which is what a server encodes. Here earlier answers are encoded together with the
    question before them; only the last answer, which the model has to generate, is encoded separately.
    """

    def _encode(
        self, tokenizer: Any, messages: list[dict[str, str]], system: str | None, tools: str | None
    ) -> list[list[int]]:
        if tools or any(message["role"] not in _PLAIN_ROLES for message in messages):
            encoded: list[list[int]] = super()._encode(tokenizer, messages, system, tools)
            return encoded
        turns = [_write_turn(message) for message in messages]
        turns[0] = f"<|im_start|>system\n{system or self.default_system}<|im_end|>\n" + turns[0]
        pairs = []
        for start in range(0, len(turns) - 2, 2):
            pairs += _encode_earlier_pair(tokenizer, turns[start], turns[start + 1])
        return pairs + [_encode_text(tokenizer, turn) for turn in turns[len(pairs) :]]

    def _get_jinja_template(self, tokenizer: Any) -> str:  # noqa: ARG002  LlamaFactory's signature
        return write_chat_template(self.default_system)


def register_templates(template_module: ModuleType) -> None:
    """Register the two templates with LlamaFactory; `template_module` is llamafactory.data.template.

    `replace_jinja_template` makes the exported tokenizer carry the template that the model was trained with. LLaMA
    Board then offers `qwen2` for Qwen2's models, since LlamaFactory's `qwen` has the system prompt of Qwen2.5.
    """
    for name, system_prompt in SYSTEM_PROMPTS.items():
        template_module.register_template(
            name=name,
            format_user=StringFormatter(slots=["<|im_start|>user\n{{content}}<|im_end|>\n<|im_start|>assistant\n"]),
            format_assistant=StringFormatter(slots=["{{content}}<|im_end|>\n"]),
            format_system=StringFormatter(slots=["<|im_start|>system\n{{content}}<|im_end|>\n"]),
            format_function=FunctionFormatter(slots=["{{content}}<|im_end|>\n"], tool_format="qwen"),
            format_observation=StringFormatter(slots=[_TOOL_RESPONSE_TURN]),
            format_tools=ToolFormatter(tool_format="qwen"),
            default_system=system_prompt,
            stop_words=["<|im_end|>"],
            replace_eos=True,
            replace_jinja_template=True,
            template_class=Qwen2Template,
        )
    for model, template in DEFAULT_TEMPLATE.items():
        if template == "qwen" and _QWEN2.fullmatch(model):
            DEFAULT_TEMPLATE[model] = "qwen2"


def _write_turn(message: dict[str, str]) -> str:
    if message["role"] == Role.USER:
        return f"<|im_start|>user\n{message['content']}<|im_end|>\n<|im_start|>assistant\n"
    return f"{message['content']}<|im_end|>\n"


def _encode_text(tokenizer: Any, text: str) -> list[int]:
    token_ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return token_ids


def _encode_earlier_pair(tokenizer: Any, question: str, answer: str) -> list[list[int]]:
    """Encode both texts as one and split after the question; a token across the border belongs to the question."""
    together = _encode_text(tokenizer, question + answer)
    alone = _encode_text(tokenizer, question)
    border = len(alone)
    if together[:border] != alone:
        border = 1 + next(index for index, token in enumerate(alone) if together[index] != token)
    return [together[:border], together[border:]]
