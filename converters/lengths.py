"""Rows longer than LlamaFactory's cutoff_len: counted, and on request shortened as predict shortens a question.

LlamaFactory truncates such a row at its end and loses options, cue and answer. Here the middle of its passage is
removed instead. If a row is long for another reason, it is left unchanged and counted.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.ecinstruct.rows import Example, cut_question, join_question
from shopbench_plugin.models.row_lengths import CUTOFF_LEN, RowTokenizer, open_row_tokenizer


@dataclass(frozen=True, slots=True)
class LengthSettings:
    """What rows are measured with.

    Attributes:
        tokenizer: a folder with the model's tokenizer.json and chat template.
        cutoff_len: LlamaFactory's setting of this name: the most tokens of prompt and answer together.
        cut_to_fit: whether rows that exceed it lose the middle of their passage.
    """

    tokenizer: Path
    cutoff_len: int
    cut_to_fit: bool = False


def pair_lengths(tokenizer: Path | None, cutoff_len: int | None, *, cut_to_fit: bool) -> LengthSettings | None:
    """Return how to measure rows, None for not at all; cutoff_len defaults to LlamaFactory's default.

    Raises:
        ShopBenchError: a length is set, but no tokenizer.
    """
    if tokenizer is not None:
        return LengthSettings(tokenizer, CUTOFF_LEN if cutoff_len is None else cutoff_len, cut_to_fit)
    if cutoff_len is not None or cut_to_fit:
        raise ShopBenchError("--cutoff-len and --cut-to-fit need --tokenizer; pass the model's folder")
    return None


class Measured(NamedTuple):
    """A row, shortened or unchanged, and whether it still exceeds cutoff_len."""

    example: Example
    is_over: bool = False
    is_cut: bool = False


class LengthCheck:
    """Measures rows, and shortens those that exceed cutoff_len if the settings say so."""

    def __init__(self, settings: LengthSettings) -> None:
        """Open the tokenizer.

        Raises:
            ShopBenchError: it can't be read.
        """
        self._settings = settings
        self._tokenizer: RowTokenizer = open_row_tokenizer(settings.tokenizer)

    def measure(self, example: Example) -> Measured:
        """Return the unchanged row and whether it exceeds cutoff_len."""
        question = join_question(example)
        # A token is at least one byte of text, so most rows need not be tokenized.
        if len((question + example.output).encode(errors="replace")) <= self._sure_bytes:
            return Measured(example)
        length = self._tokenizer.measure(question, example.output)
        return Measured(example, is_over=length.total > self._settings.cutoff_len)

    def fit(self, example: Example, task_type: TaskType | None) -> Measured:
        """Return the row, shortened on request if it exceeds cutoff_len because of its passage."""
        measured = self.measure(example)
        if not (measured.is_over and self._settings.cut_to_fit):
            return measured
        from shopbench_plugin.prompting.fitting import shorten_question  # slow: compiles routing's many expressions
        from shopbench_plugin.prompting.messages import defuse
        from shopbench_plugin.routing import route_question

        question, answer = defuse(join_question(example)), example.output
        length = self._tokenizer.measure(question, answer)
        limit = self._settings.cutoff_len - length.answer
        routed = route_question(Question(input_field=question), task_type)
        shortened = shorten_question(
            question, routed, length.prompt, lambda text: self._tokenizer.measure(text, answer).prompt, limit
        )
        copied = [value for value in answer.split(", ") if value in question]
        is_kept = all(value in shortened.text for value in copied)
        loses_answer = task_type is TaskType.NAMED_ENTITY_RECOGNITION and not is_kept
        if shortened.tokens > limit or loses_answer:
            return measured
        return Measured(cut_question(shortened.text, answer), is_cut=True)

    @cached_property
    def _sure_bytes(self) -> int:
        """Number of bytes of question and answer up to which a row can't exceed cutoff_len."""
        return self._settings.cutoff_len - self._tokenizer.measure("", "").total
