"""Plans a model on GPUs: what fits, how it splits, how many requests run at once."""

from dataclasses import dataclass

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.planning.cards import Cards
from shopbench_plugin.planning.memory import (
    MOST_REQUESTS,
    PROCESS_BYTES,
    Quantization,
    count_activation_bytes,
    count_cache_bytes,
    count_weight_bytes,
)
from shopbench_plugin.planning.shapes import ModelShape
from shopbench_plugin.planning.splitting import Split, list_splits

UTILIZATION = 0.95
"""Share of a GPU's memory that vLLM may use (its --gpu-memory-utilization); the driver has the rest."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A model served by vLLM on some of the GPUs; all sizes are totals in bytes.

    Attributes:
        shape: the served model, padded if necessary.
        split: how it is split.
        weights: its weights.
        processes: vLLM's memory besides the model.
        activations: peak of a step.
        cache_per_token: keys and values of a token.
        available: what vLLM may use.
        context: longest dialogue in tokens.
    """

    shape: ModelShape
    split: Split
    weights: int
    processes: int
    activations: int
    cache_per_token: int
    available: int
    context: int

    @property
    def cache(self) -> int:
        """Bytes left for keys and values; negative if not even the weights fit."""
        return self.available - self.weights - self.processes - self.activations

    @property
    def cached_tokens(self) -> int:
        """Tokens whose keys and values fit."""
        return max(0, self.cache // self.cache_per_token)

    @property
    def requests(self) -> int:
        """Requests of the longest context that run at once."""
        return min(MOST_REQUESTS, self.cached_tokens // self.context)

    @property
    def fits(self) -> bool:
        """Whether at least one request runs."""
        return self.requests > 0

    def count_in_use(self, requests: int, tokens: int) -> int:
        """Return the bytes in use while `requests` requests have `tokens` tokens each."""
        return self.weights + self.processes + self.activations + requests * tokens * self.cache_per_token


@dataclass(frozen=True, slots=True)
class Plan:
    """What the GPUs can do with the model.

    Attributes:
        shape: the original model.
        cards: the GPUs.
        quantization: how its weights are stored.
        splits: whether it splits, for every number of GPUs.
        serving: on the fewest GPUs on which it fits, else the most over which it splits; None if it splits over none.
    """

    shape: ModelShape
    cards: Cards
    quantization: Quantization
    splits: list[Split]
    serving: Serving | None

    @property
    def fits(self) -> bool:
        """Whether the model can be served."""
        return self.serving is not None and self.serving.fits


def make_plan(shape: ModelShape, cards: Cards, quantization: Quantization, context: int) -> Plan:
    """Return the plan for serving `shape` on `cards` with dialogues of up to `context` tokens.

    A model whose weights are already quantized keeps them, regardless of `quantization`.

    Raises:
        ShopBenchError: the dialogues are longer than the model's context.
    """
    if shape.max_positions is not None and context > shape.max_positions:
        raise ShopBenchError(
            f"--context {context}: {shape.name} accepts at most {shape.max_positions} tokens; pass that or less"
        )
    quantization = Quantization.GPTQ_INT4 if shape.is_quantized else quantization
    splits = list_splits(shape, cards.count, quantization)
    servings = [_serve(shape, split, cards, quantization, context) for split in splits if split.is_possible]
    fitting = [serving for serving in servings if serving.fits]
    serving = fitting[0] if fitting else servings[-1] if servings else None
    return Plan(shape, cards, quantization, splits, serving)


def _serve(shape: ModelShape, split: Split, cards: Cards, quantization: Quantization, context: int) -> Serving:
    served = split.apply(shape)
    return Serving(
        shape=served,
        split=split,
        weights=count_weight_bytes(served, quantization),
        processes=split.gpus * PROCESS_BYTES,
        activations=split.gpus * count_activation_bytes(served, split.gpus),
        cache_per_token=count_cache_bytes(served, split.gpus),
        available=round(split.gpus * cards.card.gigabytes * 1e9 * UTILIZATION),
        context=context,
    )
