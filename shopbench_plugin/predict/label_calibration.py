"""Choices without the model's label bias: each label's log-probability, minus its prior.

A small model prefers some labels regardless of the question. A label's mean log-probability over questions with the
same labels, whose answers aren't known, is subtracted. Contextual calibration (Zhao et al. 2021, "Calibrate before
use") uses the question itself without its content; batch calibration (Zhou et al. 2023) uses all questions of the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from math import fsum
from typing import Final

from shopbench_plugin.core.layout import Layout
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.core.vocabulary import Routed
from shopbench_plugin.engines.interface import Completion, Engine, Prompt, require_scoring

FEWEST_QUESTIONS: Final = 8
"""Fewer questions with the same labels say too little about the labels: they keep the most probable one."""

_FILLERS: Final = ("N/A", "[MASK]", "...")

LabelLogprobs = tuple[float, ...]


def score_labels(
    engine: Engine, prompts: Sequence[Prompt], others: Sequence[Sequence[Prompt]], deadline: float | None
) -> Iterator[tuple[int, Completion, list[LabelLogprobs]]]:
    """Yield (index into `prompts`, completion, log-probabilities of the labels for its `others`) for every prompt.

    Args:
        engine: what computes them.
        prompts: their constraints are choices.
        others: for each prompt, its variants without content; equal ones are asked once, late ones are left out.
        deadline: time on `time.monotonic()` at which unfinished prompts are given up.

    Raises:
        ShopBenchError: the engine can't score labels.
    """
    if not prompts:
        return
    scoring = require_scoring(engine)
    asked = list(dict.fromkeys(chain.from_iterable(others)))
    known = {
        asked[place]: one.label_logprobs for place, one in (scoring.score_labels(asked, deadline) if asked else ())
    }
    for place, completion in scoring.score_labels(prompts, deadline):
        yield place, completion, [known[one] for one in others[place] if known[one]]


def choose_label(logprobs: Mapping[str, float], others: Sequence[Mapping[str, float]]) -> str:
    """Return the label whose log-probability is highest above its mean over `others`, the first one in a tie.

    Args:
        logprobs: of each label as the answer to the question.
        others: the same for questions that show only the label bias; empty for no calibration.
    """
    priors = {label: fsum(one[label] for one in others) / max(1, len(others)) for label in logprobs}
    return max(logprobs, key=lambda label: logprobs[label] - priors[label])


def write_without_content(routed: Routed) -> list[Routed]:
    """Return variants of a question, each with one filler for its material, its quotes and the texts of its options.

    The list is empty if the question has none of these: a variant would be the question itself.
    """
    text = routed.question.input_field
    written = [_fill(text, routed.layout, filler) for filler in _FILLERS]
    return [replace(routed, question=replace(routed.question, input_field=one)) for one in written if one != text]


def _fill(text: str, layout: Layout, filler: str) -> str:
    before, listed, after = text, "", ""
    if layout.listing is not None:
        before, after = text[: layout.listing.start], text[layout.listing.end :]
        listed = "\n".join(f"{label}. {filler}" for label in layout.listing.labels)
        listed += "\n" if text[: layout.listing.end].endswith("\n") else ""
    contents = [field.content for field in layout.fields] + [quote.content for quote in layout.quotes]
    for content in filter(None, contents):
        before, after = _drop(before, content, filler), _drop(after, content, filler)
    return before + listed + after


def _drop(text: str, content: str, filler: str) -> str:
    # The last occurrence: an instruction that mentions the content comes before it.
    before, found, after = text.rpartition(content)
    return f"{before}{filler}{after}" if found else text


def calibrate_file(predictions: Sequence[Prediction]) -> list[Prediction]:
    """Return a file's predictions with batch calibration: a label minus its mean over all with the same labels.

    Those without log-probabilities, and those with fewer than `FEWEST_QUESTIONS` of their labels, are unchanged.
    """
    groups: dict[tuple[str, ...], list[Mapping[str, float]]] = {}
    for one in predictions:
        groups.setdefault(tuple(one.label_logprobs), []).append(one.label_logprobs)
    return [_calibrate(one, groups[tuple(one.label_logprobs)]) for one in predictions]


def _calibrate(prediction: Prediction, group: Sequence[Mapping[str, float]]) -> Prediction:
    if not prediction.label_logprobs or len(group) < FEWEST_QUESTIONS:
        return prediction
    return replace(prediction, prediction=choose_label(prediction.label_logprobs, group))
