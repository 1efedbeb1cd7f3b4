"""Greedy decoding with transformers, the same for every caller."""

from typing import Any


def adopt_greedy_decoding(model: Any, tokenizer: Any) -> frozenset[int]:
    """Make `model` decode greedily and return its end tokens.

    Qwen2's own generation settings have a repetition penalty and sampling values, which vLLM ignores when sampling
    parameters are passed: the engines and the quality check of a quantized model must agree.
    """
    from transformers import GenerationConfig

    ends = model.generation_config.eos_token_id
    ends = {ends} if isinstance(ends, int) else set(ends or ())
    ends.add(tokenizer.eos_token_id)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    model.generation_config = GenerationConfig(
        do_sample=False, eos_token_id=sorted(ends), pad_token_id=tokenizer.pad_token_id
    )
    return frozenset(ends)
