"""Chooses the bundled training recipe that fits on given GPUs."""

from dataclasses import dataclass

from shopbench_plugin.planning.cards import Cards
from shopbench_plugin.planning.memory import BYTES_OF_16_BIT, LOGIT_BYTES, PROCESS_BYTES
from shopbench_plugin.planning.plan import UTILIZATION
from shopbench_plugin.planning.shapes import ModelShape

LORA_RANK = 64
"""The paper's rank."""

TOKENS_PER_STEP = 2048
"""Tokens per GPU and step: a batch of 1 at the recipes' cutoff_len."""

# Model -> its recipe; other models adapt the first one.
_PLAIN = {
    "Qwen/Qwen2-7B-Instruct": "sft/qwen2_7b_lora.yaml",
    "Qwen/Qwen2-0.5B-Instruct": "sft/qwen2_0_5b_lora.yaml",
    "Qwen/Qwen2.5-7B-Instruct": "sft/qwen2_5_7b_lora.yaml",
    "Qwen/Qwen3-0.6B": "sft/qwen3_0_6b_lora.yaml",
    "Qwen/Qwen3-1.7B": "sft/qwen3_1_7b_lora.yaml",
    "Qwen/Qwen3-4B": "sft/qwen3_4b_lora.yaml",
    "Qwen/Qwen3-8B": "sft/qwen3_8b_lora.yaml",
}
_SHARDED = {
    "Qwen/Qwen2-72B-Instruct": "sft/qwen2_72b_lora_zero3.yaml",
    "Qwen/Qwen2.5-72B-Instruct": "sft/qwen2_5_72b_lora_zero3.yaml",
    "Qwen/Qwen3-32B": "sft/qwen3_32b_lora_zero3.yaml",
}
_QUANTIZED = {
    "Qwen/Qwen2-72B-Instruct": "sft/qwen2_72b_qlora.yaml",
    "Qwen/Qwen2-7B-Instruct": "sft/qwen2_7b_qlora.yaml",
}
_ADAM_BYTES = 16  # weight, gradient and two moments in 32 bits: LlamaFactory keeps trained weights in float32
_NF4_BITS = 4.127  # 4 bits and the double-quantized scale of each 64 weights (bitsandbytes)
_GATHERED_LAYERS = 2  # ZeRO-3 fetches the next layer while one computes


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """A recipe of llamafactory_configs, the model that it names, and its estimated bytes on each GPU."""

    path: str
    model: str
    bytes_per_gpu: int


def choose_recipe(shape: ModelShape, cards: Cards) -> TrainingRecipe | None:
    """Return the fastest LoRA recipe that fits, or None."""
    fixed = PROCESS_BYTES + _count_activation_bytes(shape)
    adapter = _count_adapter_parameters(shape) * _ADAM_BYTES
    plain = shape.parameters * BYTES_OF_16_BIT
    layer = shape.linear_parameters // shape.layers * BYTES_OF_16_BIT
    nf4 = round(shape.linear_parameters * _NF4_BITS / 8)
    rest = (shape.embedding_parameters + shape.other_parameters) * BYTES_OF_16_BIT
    sharded = (plain + adapter) // cards.count + _GATHERED_LAYERS * layer
    fastest_first = [
        _pick(_PLAIN, shape, fixed + plain + adapter),
        _pick(_SHARDED, shape, fixed + sharded),
        _pick(_QUANTIZED, shape, fixed + nf4 + rest + adapter),
    ]
    limit = cards.card.gigabytes * 1e9 * UTILIZATION
    return next((recipe for recipe in fastest_first if recipe.bytes_per_gpu <= limit), None)


def _pick(recipes: dict[str, str], shape: ModelShape, bytes_per_gpu: int) -> TrainingRecipe:
    model = shape.name if shape.name in recipes else next(iter(recipes))
    return TrainingRecipe(recipes[model], model, bytes_per_gpu)


def _count_adapter_parameters(shape: ModelShape) -> int:
    """Return the number of LoRA weights on all linear layers: rank times inputs and outputs of each."""
    queries, keys = shape.heads * shape.head_dim, shape.key_value_heads * shape.head_dim
    attention = 2 * (shape.hidden_size + queries) + 2 * (shape.hidden_size + keys)
    return LORA_RANK * shape.layers * (attention + 3 * (shape.hidden_size + shape.intermediate_size))


def _count_activation_bytes(shape: ModelShape) -> int:
    """Return the bytes with gradient checkpointing: each layer's input, one layer's inner states, and the logits."""
    kept = shape.layers * shape.hidden_size * BYTES_OF_16_BIT
    inside = (8 * shape.hidden_size + 4 * shape.intermediate_size) * BYTES_OF_16_BIT
    return TOKENS_PER_STEP * (kept + inside + shape.vocabulary_size * LOGIT_BYTES)
