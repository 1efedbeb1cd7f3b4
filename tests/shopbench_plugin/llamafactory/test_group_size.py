"""GPTQ's group size follows the model's widths, through LlamaFactory's own quantization settings."""

import json
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.llamafactory.group_size import choose_group_size
from shopbench_plugin.models.group_size import find_group_size


@pytest.mark.parametrize(
    ("widths", "group"),
    [
        ({"hidden_size": 896, "intermediate_size": 4864}, 128),  # Qwen2.5-0.5B
        ({"hidden_size": 576, "intermediate_size": 1536}, 64),  # SmolLM2-135M
        ({"hidden_size": 1024, "intermediate_size": 2752}, 64),
        ({"hidden_size": 1024, "num_attention_heads": 5, "head_dim": 32}, 32),
        ({"hidden_size": 100, "intermediate_size": 256}, None),
        ({}, 128),
    ],
)
def test_the_largest_group_that_divides_every_width_is_found(widths: dict[str, int], group: int | None) -> None:
    assert find_group_size(widths) == group


@pytest.mark.parametrize(("hidden_size", "group"), [(576, 64), (256, 128), (100, 128)])
def test_llamafactory_quantizes_in_groups_that_fit(
    hidden_size: int, group: int, tiny_base_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llamafactory.hparams import ModelArguments
    from llamafactory.model import load_tokenizer
    from llamafactory.model.model_utils import quantization
    from transformers import Qwen2Config

    texts = tmp_path / "calibration.jsonl"
    texts.write_text(json.dumps({"text": "a good kettle " * 40}) + "\n")
    arguments = ModelArguments(
        model_name_or_path=str(tiny_base_model),
        export_quantization_bit=4,
        export_quantization_dataset=str(texts),
        export_quantization_nsamples=2,
        export_quantization_maxlen=16,
    )
    monkeypatch.setattr(quantization, "configure_quantization", quantization.configure_quantization)
    choose_group_size(quantization)
    settings: dict[str, Any] = {}
    config = Qwen2Config(hidden_size=hidden_size, intermediate_size=512)
    quantization.configure_quantization(config, load_tokenizer(arguments)["tokenizer"], arguments, False, settings)
    assert settings["quantization_config"].group_size == group
