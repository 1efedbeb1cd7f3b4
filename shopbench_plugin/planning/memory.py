"""How many bytes a model's weights, KV cache and activations take when vLLM serves it.

1 GB is 10^9 bytes, as on the cards' boxes and in the paper.
"""

from enum import StrEnum

from shopbench_plugin.planning.shapes import ModelShape

GROUP_SIZE = 128
"""GPTQ weights that share a scale."""

BYTES_OF_16_BIT = 2
PROCESS_BYTES = 500_000_000
"""What a vLLM process takes on its GPU beside the model: CUDA's context, loaded kernels, NCCL's buffers. Estimated."""

BATCHED_TOKENS = 2048
"""Prompt tokens of one step: vLLM's --max-num-batched-tokens as the plan sets it."""

MOST_REQUESTS = 64
"""Requests that run at once at most: vLLM's --max-num-seqs as the plan sets it."""

_SCALE_BYTES, _ZERO_POINT_BYTES = 2, 0.5
_GROUP_INDEX_BYTES = 4
_HIDDEN_COPIES = 4
_LOGIT_BYTES = 10


class Quantization(StrEnum):
    """How weights are stored."""

    NONE = "none"
    GPTQ_INT4 = "gptq-int4"


def count_weight_bytes(shape: ModelShape, quantization: Quantization) -> int:
    """Return the bytes of all weights.

    GPTQ keeps the linear layers at 4 bits with a 16-bit scale and a 4-bit zero point for each 128 inputs of an output,
    and one 32-bit group index an input; embedding, output head and norms stay at 16 bits.
    """
    if quantization is Quantization.NONE:
        return shape.parameters * BYTES_OF_16_BIT
    groups = shape.linear_parameters / GROUP_SIZE
    # q, k, v, gate and up read the hidden state, o the heads' outputs, down the MLP's inner state
    inputs = shape.layers * (5 * shape.hidden_size + shape.heads * shape.head_dim + shape.intermediate_size)
    quantized = shape.linear_parameters / 2 + groups * (_SCALE_BYTES + _ZERO_POINT_BYTES) + inputs * _GROUP_INDEX_BYTES
    return round(quantized) + (shape.embedding_parameters + shape.other_parameters) * BYTES_OF_16_BIT


def count_cache_bytes(shape: ModelShape, gpus: int = 1) -> int:
    """Return the bytes of keys and values of one token over all `gpus`, in 16 bits.

    With more GPUs than key-value heads, vLLM keeps a head on several GPUs.
    """
    heads = max(shape.key_value_heads, gpus)
    return 2 * shape.layers * heads * shape.head_dim * BYTES_OF_16_BIT


def count_activation_bytes(shape: ModelShape, gpus: int) -> int:
    """Return the bytes on one of `gpus` GPUs at the peak of a step, for which vLLM reserves room at its start.

    A token has a few copies of its hidden state, and the MLP's gate, up and product in this GPU's part; a request has
    its logits over the whole vocabulary, once in 16 and twice in 32 bits.
    """
    of_a_token = BYTES_OF_16_BIT * (_HIDDEN_COPIES * shape.hidden_size + 3 * shape.intermediate_size // gpus)
    return BATCHED_TOKENS * of_a_token + MOST_REQUESTS * shape.vocabulary_size * _LOGIT_BYTES
