"""A question with a client's own settings, and its prepared form before the engine answers."""

from collections.abc import Callable
from dataclasses import dataclass

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.vocabulary import Message, Question, Routed
from shopbench_plugin.demonstrations.preset_files import Rule
from shopbench_plugin.prompting.fitting import FittedPrompt


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One question and the client's own turns before it.

    Attributes:
        question: the question to answer.
        history: earlier turns, alternating between user and assistant; they replace the demonstrations.
        system_prompt: replaces the settings' system prompt; None keeps it.
        max_tokens: maximum number of tokens to generate; None for the default of the kind of answer.
        stop: the answer ends before the first of these texts.
    """

    question: Question
    history: tuple[Message, ...] = ()
    system_prompt: str | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()

    @property
    def has_own_turns(self) -> bool:
        """Whether the client wrote turns that the model's chat template may not accept."""
        return bool(self.history) or self.system_prompt is not None

    def cut_at_stop(self, text: str) -> str:
        """Return `text` up to the first stop text in it."""
        return text[: min((place for one in self.stop if (place := text.find(one)) >= 0), default=len(text))]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A dialogue with everything known about it before the engine answers.

    Attributes:
        dialogue: as received.
        routed: the question with what was read from its wording.
        fitted: the prompt, cut to the model's context.
        constraint: what a complete answer must be.
        refusal: why the model can't be asked; "" if it can.
        raw: the preset's rule, if it asks such questions in plain text.
    """

    dialogue: Dialogue
    routed: Routed
    fitted: FittedPrompt
    constraint: Constraint
    refusal: str = ""
    raw: Rule | None = None


Event = Prepared | str
"""What a watcher receives for a dialogue: first its prepared form, then the text generated so far, repeatedly."""

Watch = Callable[[int, Event], None]
"""Called with (index of the dialogue, event), in the thread that answers."""
