"""Labels' log-probabilities from an engine, for questions and for the same questions without their content."""

from collections.abc import Iterator, Sequence
from itertools import chain

from shopbench_plugin.engines.interface import Completion, Engine, Prompt, require_scoring

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
