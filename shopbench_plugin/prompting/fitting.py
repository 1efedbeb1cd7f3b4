"""Fits dialogues into a model's context: drops demonstrations, then cuts the middle of the longest passages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shopbench_plugin.core.prediction import Cut
from shopbench_plugin.core.vocabulary import Message, Routed
from shopbench_plugin.demonstrations.choice import Demonstration
from shopbench_plugin.prompting.cuttable import Passage, find_passages, find_stretches, shorten
from shopbench_plugin.prompting.messages import PromptSettings, build_messages

CountTokens = Callable[[Sequence[Message]], int]

_MOST_CHARACTERS_PER_TOKEN = 16
_MARKUP_TOKENS_PER_TURN = 16


@dataclass(frozen=True, slots=True)
class FittedPrompt:
    """A dialogue and what was removed; `fits` is False if instruction and options alone exceed the limit."""

    messages: tuple[Message, ...]
    cuts: tuple[Cut, ...] = ()
    fits: bool = True


class Shortened(NamedTuple):
    """A question's turn, the tokens of the dialogue with it, and how many passages were cut."""

    text: str
    tokens: int
    pieces: int


def fit_to_context(
    routed: Routed,
    demonstrations: Sequence[Demonstration],
    settings: PromptSettings,
    count_tokens: CountTokens,
    limit: int,
) -> FittedPrompt:
    """Return the dialogue of a question in at most `limit` tokens.

    Demonstrations are dropped from last to first, so that the rest is still a prefix that other questions share. Then
    passages of the question are cut in the middle, the longest first and about as far as needed.

    Args:
        routed: the question.
        demonstrations: the demonstrations before it.
        settings: settings of the prompt.
        count_tokens: returns the number of tokens of a dialogue as rendered for the model. It is not called if the
            text is so short that it must fit, and once for a text that is far too long.
        limit: the model's context without what the answer needs.
    """
    messages = build_messages(routed, demonstrations, settings)
    if _fits_surely(messages, limit) or (_fits_perhaps(messages, limit) and count_tokens(messages) <= limit):
        return FittedPrompt(messages)
    system = messages[:1] if messages[0].role == "system" else ()
    tokens = count_tokens((*system, messages[-1]))
    kept = _drop_demonstrations(messages, len(system), count_tokens, limit) if tokens <= limit else system
    cuts = _describe_dropped(messages, kept, count_tokens)
    if tokens <= limit:
        return FittedPrompt((*kept, messages[-1]), cuts)
    prompt = FittedPrompt((*kept, messages[-1]), cuts, fits=False)
    return _cut_passages(prompt, routed, tokens, count_tokens, limit)


def _fits_surely(messages: Sequence[Message], limit: int) -> bool:
    """Return whether the dialogue fits without counting: every token is at least one byte of text."""
    most = sum(len(message.content.encode(errors="replace")) + _MARKUP_TOKENS_PER_TURN for message in messages)
    return most + _MARKUP_TOKENS_PER_TURN <= limit


def _fits_perhaps(messages: Sequence[Message], limit: int) -> bool:
    return sum(len(message.content) for message in messages) <= limit * _MOST_CHARACTERS_PER_TOKEN


def _drop_demonstrations(
    messages: tuple[Message, ...], first: int, count_tokens: CountTokens, limit: int
) -> tuple[Message, ...]:
    """Return the turns before the question with as many demonstrations as fit; `first` is the index of the first."""
    kept = first
    while kept + 2 < len(messages) and count_tokens((*messages[: kept + 2], messages[-1])) <= limit:
        kept += 2
    return messages[:kept]


def _describe_dropped(
    messages: tuple[Message, ...], kept: tuple[Message, ...], count_tokens: CountTokens
) -> tuple[Cut, ...]:
    dropped = (len(messages) - 1 - len(kept)) // 2
    if not dropped:
        return ()
    blank = Message("user", "")
    return (Cut("demonstrations", count_tokens((*messages[:-1], blank)) - count_tokens((*kept, blank)), dropped),)


def _cut_passages(
    prompt: FittedPrompt, routed: Routed, tokens: int, count_tokens: CountTokens, limit: int
) -> FittedPrompt:
    *before, question = prompt.messages
    shortened = shorten_question(
        question.content, routed, tokens, lambda text: count_tokens((*before, Message("user", text))), limit
    )
    cuts = (Cut("passage", tokens - shortened.tokens, shortened.pieces),) if shortened.pieces else ()
    messages = (*before, Message("user", shortened.text))
    return FittedPrompt(messages, (*prompt.cuts, *cuts), fits=shortened.tokens <= limit)


def shorten_question(text: str, routed: Routed, tokens: int, count: Callable[[str], int], limit: int) -> Shortened:
    """Return a question's turn with its longest passages cut in the middle, about as far as `limit` requires.

    Options, items of a ranking, instruction and cue stay, so the result may still exceed the limit.

    Args:
        text: the turn with the question.
        routed: the question.
        tokens: number of tokens of the dialogue with it, more than `limit`.
        count: returns the number of tokens of the dialogue with a given turn.
        limit: the maximum number of tokens.
    """
    left, pieces = tokens, 0
    for find in (find_passages, find_stretches):
        passages = [passage for passage in find(text, routed) if passage.is_cut_at(0)]
        if passages and left > limit:
            level = _find_level(text, passages, count, limit)
            pieces += sum(passage.is_cut_at(level) for passage in passages)
            text = shorten(text, passages, level)
            left = count(text)
    return Shortened(text, left, pieces)


def _find_level(text: str, passages: Sequence[Passage], count: Callable[[str], int], limit: int) -> int:
    """Return approximately the highest level at which the shortened text fits; 0 if none does.

    The search ends within a sixty-fourth of that level: the last few characters aren't worth another count.
    """
    low, high = 0, min(max(passage.length for passage in passages), limit * _MOST_CHARACTERS_PER_TOKEN)
    while high - low > max(16, low // 64):
        middle = (low + high) // 2
        if count(shorten(text, passages, middle)) <= limit:
            low = middle
        else:
            high = middle
    return low
