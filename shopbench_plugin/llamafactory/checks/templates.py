"""Compares the recipe's template with the tokenizer's chat template, which vLLM and transformers use for inference."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from shopbench_plugin.core.errors import shorten
from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding, suggest
from shopbench_plugin.llamafactory.checks.probing import ASKED, QUESTION
from shopbench_plugin.llamafactory.checks.source import find_package, read_literal, read_source
from shopbench_plugin.models.chat_rendering import ChatTemplate
from shopbench_plugin.models.chat_template import SYSTEM_PROMPTS, write_chat_template

_TOKEN = re.compile(r"<\|[^|\s]+\|>")
_PLAIN_CLASSES = (None, "Template", "ReasoningTemplate")  # the others move the system prompt


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A LlamaFactory template as registered in its source; None for what is not a plain literal there.

    Attributes:
        system: the default system prompt.
        slots: prefix, system and user turn, as lists of texts and of {"bos_token"} or {"eos_token"}.
        is_plain: whether prefix, system and user turn follow each other.
        replaces: whether this template replaces the exported tokenizer's own.
    """

    system: str
    slots: dict[str, list[Any]]
    is_plain: bool
    replaces: bool


@cache
def list_templates() -> dict[str, BuiltIn]:
    """Return LlamaFactory's templates by name, read from its source, and this project's.

    Raises:
        ShopBenchError: LlamaFactory is not installed.
    """
    source = read_source(find_package("llamafactory") / "data" / "template.py")
    calls = [node for node in ast.walk(source) if isinstance(node, ast.Call)]
    found = {}
    for call in calls:
        words = {word.arg: word.value for word in call.keywords if word.arg}
        if isinstance(call.func, ast.Name) and call.func.id == "register_template" and "name" in words:
            found[str(read_literal(words["name"]))] = _read_template(words)
    return found | {name: BuiltIn(text, {}, is_plain=False, replaces=True) for name, text in SYSTEM_PROMPTS.items()}


def _read_template(words: dict[str, ast.expr]) -> BuiltIn:
    slots = {"prefix": [], "system": ["{{content}}"], "user": ["{{content}}"]}
    for part in slots:
        formatter = words.get(f"format_{part}")
        if isinstance(formatter, ast.Call):
            given = next((word.value for word in formatter.keywords if word.arg == "slots"), None)
            slots[part] = read_literal(given) or []
    kind = words.get("template_class")
    return BuiltIn(
        system=str(read_literal(words.get("default_system")) or ""),
        slots=slots,
        is_plain=(kind.id if isinstance(kind, ast.Name) else None) in _PLAIN_CLASSES,
        replaces=bool(read_literal(words.get("replace_jinja_template"))),
    )


def find_unknown_template(facts: Facts) -> Iterator[Finding]:
    """A template name that LlamaFactory doesn't have."""
    template, known = facts.recipe.text("template"), list_templates()
    if template and template not in known:
        remedy = suggest(template, known, "remove the key to use the tokenizer's own chat template")
        yield Finding(f"unknown template '{template}', {remedy}")


def find_missing_tokens(facts: Facts) -> Iterator[Finding]:
    """A ChatML template for a tokenizer that splits its markup into pieces; the exported model would carry it too."""
    name, count = facts.recipe.text("template"), facts.count_tokens
    template = list_templates().get(name)
    if facts.base is None or count is None or template is None or not template.replaces:
        return
    markup = write_chat_template(template.system) if name in SYSTEM_PROMPTS else str(template.slots)
    missing = [token for token in dict.fromkeys(_TOKEN.findall(markup)) if count(token) > 1]
    if missing:
        remedy = "set another template"
        if facts.chat_template is not None:
            remedy = "remove the key, or set template=null, to use the tokenizer's own chat template"
        yield Finding(
            f"'template': {name} needs the tokens {', '.join(missing)}, which the tokenizer of {facts.base.folder} "
            f"lacks; {remedy}",
            is_warning=facts.recipe.flag("resize_vocab"),  # LlamaFactory then adds those that end a turn
        )


def find_other_prompt(facts: Facts) -> Iterator[Finding]:
    """A model that would be trained with a different prompt than the one used for inference."""
    name, chat = facts.recipe.text("template"), facts.chat_template
    if facts.base is None:
        return
    if chat is None:
        if not name:
            yield Finding(
                f"{facts.base.folder}: has no chat template, so LlamaFactory would train without any markup; "
                "set template to one of LlamaFactory's",
                is_warning=True,
            )
        return
    template = list_templates().get(name)
    if template is None or template.replaces or not template.is_plain:
        return
    wanted = chat.render(ASKED, add_generation_prompt=True)
    made = render(template, chat, facts.recipe.text("default_system", template.system))
    if made != wanted:
        yield Finding(
            f"'template': {name} renders {shorten(made)}, but the tokenizer's own chat template, which is used for "
            f"inference, renders {shorten(wanted)}; remove the key to train with the tokenizer's own",
            is_warning=True,
        )


def render(template: BuiltIn, chat: ChatTemplate, system: str) -> str:
    """Return the prompt for a single question, as Template._encode builds it."""
    parts = [*template.slots["prefix"]]
    if system:
        parts += [_fill(slot, system) for slot in template.slots["system"]]
    parts += [_fill(slot, QUESTION) for slot in template.slots["user"]]
    return "".join(part if isinstance(part, str) else _find_token(part, chat) for part in parts)


def _fill(slot: Any, content: str) -> Any:
    return slot.replace("{{content}}", content) if isinstance(slot, str) else slot


def _find_token(slot: Any, chat: ChatTemplate) -> str:
    if isinstance(slot, dict):
        return str(slot.get("token", ""))
    return next((chat.tokens[name] for name in slot if name in chat.tokens), "")


CHECKS: tuple[Check, ...] = (find_unknown_template, find_missing_tokens, find_other_prompt)
