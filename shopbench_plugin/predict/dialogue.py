"""A question with what a client may set for it alone, and what the pipeline makes of it before the engine answers."""

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
        question: what is to be answered.
        history: turns before it, of user and assistant by turns; they replace the demonstrations.
        system_prompt: replaces the settings' system prompt; None keeps it.
        max_tokens: most tokens to generate; None leaves it to the kind of answer.
        stop: texts at the first of which the answer ends; it does not hold them.
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
    """A dialogue with all that is known of it before the engine answers.

    Attributes:
        dialogue: as asked.
        routed: the question with what was read from its wording.
        fitted: the prompt, cut to the model's context.
        constraint: what a whole answer must be.
        refusal: why the prompt can't be put to the model; "" where it can.
        raw: the preset's rule, where it puts such questions in plain text.
    """

    dialogue: Dialogue
    routed: Routed
    fitted: FittedPrompt
    constraint: Constraint
    refusal: str = ""
    raw: Rule | None = None


Event = Prepared | str
"""What a watcher is told of a dialogue: first how it was prepared, then the text generated so far, again and again."""

Watch = Callable[[int, Event], None]
"""Is told (index of the dialogue, event), in the thread that answers."""
