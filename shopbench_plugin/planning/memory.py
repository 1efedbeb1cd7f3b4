"""Memory in bytes of a model's weights, KV cache and activations when vLLM serves it.

1 GB is 10^9 bytes, as in the GPUs' data sheets and in the paper.
"""

from enum import StrEnum

from shopbench_plugin.planning.shapes import ModelShape

BYTES_OF_16_BIT = 2
LOGIT_BYTES = 10
"""A logit, once in 16 and twice in 32 bits."""

PROCESS_BYTES = 500_000_000
"""A vLLM process's memory besides the model, estimated: CUDA context, loaded kernels, NCCL buffers."""

BATCHED_TOKENS = 2048
"""Prompt tokens per step: the plan's --max-num-batched-tokens for vLLM."""

MOST_REQUESTS = 64
"""The most concurrent requests: the plan's --max-num-seqs for vLLM."""

_SCALE_BYTES = 2
_GROUP_INDEX_BYTES = 4
_HIDDEN_COPIES = 4


class Quantization(StrEnum):
    """How weights are stored; those of a folder that is quantized already keep their bits and groups."""

    NONE = "none"
    GPTQ_INT4 = "gptq-int4"


def count_weight_bytes(shape: ModelShape, quantization: Quantization) -> int:
    """Return the bytes of all weights.

    GPTQ stores the linear layers in 4 bits with a 16-bit scale and a 4-bit zero point per group of an output's inputs,
    and one 32-bit group index per input; embedding, output head and norms stay in 16 bits.
    """
    if quantization is Quantization.NONE:
        return shape.parameters * BYTES_OF_16_BIT
    of_a_weight, groups = shape.gptq.bits / 8, shape.linear_parameters / shape.gptq.group_size
    # q, k, v, gate and up read the hidden state, o the heads' outputs, down the MLP's inner state
    inputs = shape.layers * (5 * shape.hidden_size + shape.heads * shape.head_dim + shape.intermediate_size)
    scales = groups * (_SCALE_BYTES + of_a_weight)
    quantized = shape.linear_parameters * of_a_weight + scales + inputs * _GROUP_INDEX_BYTES
    return round(quantized) + (shape.embedding_parameters + shape.other_parameters) * BYTES_OF_16_BIT


def count_cache_bytes(shape: ModelShape, gpus: int = 1) -> int:
    """Return the bytes of one token's keys and values on all `gpus` together, in 16 bits.

    With more GPUs than key-value heads, vLLM replicates a head on several GPUs.
    """
    heads = max(shape.key_value_heads, gpus)
    return 2 * shape.layers * heads * shape.head_dim * BYTES_OF_16_BIT


def count_activation_bytes(shape: ModelShape, gpus: int) -> int:
    """Return the peak bytes of a step on one of `gpus` GPUs, which vLLM reserves when it starts.

    A token has a few copies of its hidden state, and this GPU's part of the MLP's gate, up and product; a request has
    logits over the whole vocabulary.
    """
    of_a_token = BYTES_OF_16_BIT * (_HIDDEN_COPIES * shape.hidden_size + 3 * shape.intermediate_size // gpus)
    return BATCHED_TOKENS * of_a_token + MOST_REQUESTS * shape.vocabulary_size * LOGIT_BYTES
