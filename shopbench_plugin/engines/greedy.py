"""Greedy decoding with transformers, the same for every caller."""

from typing import Any

from shopbench_plugin.core.errors import ShopBenchError


def adopt_greedy_decoding(model: Any, tokenizer: Any) -> frozenset[int]:
    """Make `model` decode greedily and return its end tokens.

    Qwen2's own generation settings have a repetition penalty and sampling values, which vLLM ignores when sampling
    parameters are passed: the engines and the quality check of a quantized model must agree.

    Raises:
        ShopBenchError: the tokenizer has no end token.
    """
    from transformers import GenerationConfig

    if tokenizer.eos_token_id is None:
        raise ShopBenchError(
            f"{tokenizer.name_or_path}: its tokenizer has no end token; set eos_token in tokenizer_config.json"
        )
    ends = model.generation_config.eos_token_id
    ends = {ends} if isinstance(ends, int) else set(ends or ())
    ends.add(tokenizer.eos_token_id)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    model.generation_config = GenerationConfig(
        do_sample=False, eos_token_id=sorted(ends), pad_token_id=tokenizer.pad_token_id
    )
    return frozenset(ends)
