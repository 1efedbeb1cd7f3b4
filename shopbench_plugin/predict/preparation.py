"""From a routed question to the prompt and its constraint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shopbench_plugin.constraints import Constraint, build_constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Message, Routed
from shopbench_plugin.demonstrations.choice import DemonstrationSet
from shopbench_plugin.demonstrations.preset_files import Rule
from shopbench_plugin.engines.interface import Engine
from shopbench_plugin.predict.dialogue import Dialogue, Prepared
from shopbench_plugin.prompting.fitting import FittedPrompt, fit_to_context
from shopbench_plugin.prompting.messages import PromptSettings, defuse, thinks_first
from shopbench_plugin.prompting.raw import write_raw_prompt

_CHARACTERS_PER_TOKEN = 16
"""Turns with more characters per token of the context than this are too long, and are not tokenized."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """How all questions are asked.

    Attributes:
        settings: of the prompt.
        demonstrations: what is shown before a question.
        raw: the preset's rules for task types whose questions are asked in plain text.
    """

    settings: PromptSettings
    demonstrations: DemonstrationSet
    raw: Mapping[str, Rule]

    def prepare(self, dialogue: Dialogue, routed: Routed, engine: Engine) -> Prepared:
        """Return the prompt in the engine's context.

        A dialogue whose own turns leave no room for the question does not fit; one with turns that the chat template
        doesn't accept, or that plain text doesn't allow, is refused.
        """
        rule = self.raw.get(routed.task_type)
        if rule is not None:
            return _prepare_raw(dialogue, routed, rule, engine)
        constraint = build_constraint(routed, chain_of_thought=thinks_first(routed, self.settings))
        constraint = _limit(constraint, dialogue, engine)
        settings = self.settings
        if dialogue.system_prompt is not None:
            settings = replace(settings, system_prompt=defuse(dialogue.system_prompt))
        history = tuple(Message(turn.role, defuse(turn.content)) for turn in dialogue.history)
        limit = engine.context_length - constraint.max_tokens
        if dialogue.has_own_turns:
            try:
                limit -= _count_turns(settings.system_prompt, history, engine)
            except ShopBenchError as error:
                return Prepared(dialogue, routed, FittedPrompt(()), constraint, str(error))
        demonstrations = () if history else self.demonstrations.for_question(routed)
        fitted = fit_to_context(routed, demonstrations, settings, engine.count_tokens, limit)
        messages = (*fitted.messages[:-1], *history, fitted.messages[-1])
        return Prepared(dialogue, routed, replace(fitted, messages=messages), constraint)


def _prepare_raw(dialogue: Dialogue, routed: Routed, rule: Rule, engine: Engine) -> Prepared:
    constraint = _limit(Constraint(max_tokens=rule.max_tokens), dialogue, engine)
    messages = write_raw_prompt(routed, rule)
    fits = engine.count_tokens(messages) <= engine.context_length - constraint.max_tokens
    refusal = "the preset's plain text allows no further turns" if dialogue.has_own_turns else ""
    return Prepared(dialogue, routed, FittedPrompt(messages, fits=fits), constraint, refusal, rule)


def _count_turns(system_prompt: str | None, history: Sequence[Message], engine: Engine) -> int:
    """Return the tokens of the history, after rendering it with the system prompt as the model will see it."""
    system = () if system_prompt is None else (Message("system", system_prompt),)
    if sum(len(turn.content) for turn in (*system, *history)) > engine.context_length * _CHARACTERS_PER_TOKEN:
        return engine.context_length
    tokens = engine.count_tokens((*system, *history, Message("user", "")))
    return tokens if history else 0


def _limit(constraint: Constraint, dialogue: Dialogue, engine: Engine) -> Constraint:
    """Return the constraint with the client's `max_tokens`, at most half of the context for free text.

    Other answers end by themselves, so a larger limit than theirs has no effect.
    """
    if dialogue.max_tokens is None:
        return constraint
    is_free = not constraint.choices and constraint.regex is None
    most = max(constraint.max_tokens, engine.context_length // 2) if is_free else constraint.max_tokens
    return replace(constraint, max_tokens=min(dialogue.max_tokens, most))
