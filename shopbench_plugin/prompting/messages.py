"""A question and its demonstrations as the turns of one dialogue."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from shopbench_plugin.core.vocabulary import Message, Routed, TaskType
from shopbench_plugin.demonstrations.choice import Demonstration
from shopbench_plugin.language.arithmetic import asks_for_arithmetic
from shopbench_plugin.language.reading import read_languages

ChainOfThought = bool | Literal["numeric"]

_MARKUP = re.compile(r"<\|(?=(?:im_start|im_end|endoftext)\|>)")


@dataclass(frozen=True, slots=True)
class PromptSettings:
    """How a question is asked.

    Attributes:
        system_prompt: the system turn; None leaves it to the model's chat template.
        direct_answer: put a sentence before each question that asks for only the answer.
        chain_of_thought: let multiple choice reason in one sentence before the answer; "numeric" only if it asks for
            arithmetic. It then has no demonstrations, since an answer without reasoning would show the wrong form.
    """

    system_prompt: str | None = None
    direct_answer: bool = True
    chain_of_thought: ChainOfThought = False


def build_messages(
    routed: Routed, demonstrations: Iterable[Demonstration] = (), settings: PromptSettings | None = None
) -> tuple[Message, ...]:
    """Return the dialogue that ends with the question.

    Each question, in a demonstration or asked, is one user turn that begins with the sentence for its task type in its
    language and ends like the question. So the demonstrations' turns are the same for all questions of a type, and what
    they share with the question's own turn is at its beginning.
    """
    settings = settings or PromptSettings()
    return tuple(_write_turns(routed, demonstrations, settings))


def thinks_first(routed: Routed, settings: PromptSettings) -> bool:
    """Return whether the answer consists of reasoning, a bar and the number."""
    if routed.task_type is not TaskType.MULTIPLE_CHOICE:
        return False
    return asks_for_arithmetic(routed) if settings.chain_of_thought == "numeric" else settings.chain_of_thought


def _write_turns(
    routed: Routed, demonstrations: Iterable[Demonstration], settings: PromptSettings
) -> Iterator[Message]:
    if settings.system_prompt is not None:
        yield Message("system", settings.system_prompt)
    thinks = thinks_first(routed, settings)
    for shown in () if thinks else demonstrations:
        yield _write_question(shown.question.input_field, shown.language, routed.task_type, settings)
        yield Message("assistant", defuse(shown.answer))
    yield _write_question(routed.question.input_field, routed.language, routed.task_type, settings, thinks=thinks)


def _write_question(
    text: str, language: str, task_type: TaskType, settings: PromptSettings, *, thinks: bool = False
) -> Message:
    sentences = read_languages()[language].sentences
    if thinks:
        return Message("user", f"{sentences.chain_of_thought}\n\n{defuse(text)}")
    if settings.direct_answer:
        return Message("user", f"{sentences.for_type(task_type)}\n\n{defuse(text)}")
    return Message("user", defuse(text))


def defuse(text: str) -> str:
    """Break up Qwen2's turn markers within a text, so that no review ends its own turn."""
    return _MARKUP.sub("< |", text)
