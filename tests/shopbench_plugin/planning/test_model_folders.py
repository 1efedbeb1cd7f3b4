"""What a plan reads from a model folder's config.json, and which folders it refuses."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.planning.cards import parse_cards
from shopbench_plugin.planning.description import describe_plan
from shopbench_plugin.planning.memory import Quantization, count_weight_bytes
from shopbench_plugin.planning.plan import make_plan
from shopbench_plugin.planning.shapes import BUILT_IN, Gptq, ModelShape, find_shape
from shopbench_plugin.planning.splitting import check_split

QWEN2_7B = {
    "model_type": "qwen2",
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "vocab_size": 152064,
}


def read(folder: Path, **config: Any) -> ModelShape:
    """Return the shape of a folder with Qwen2-7B's config, changed."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(QWEN2_7B | config))
    return find_shape(str(folder))


def test_the_shape_of_a_folder_counts_every_weight_of_the_model(tmp_path: Path) -> None:
    config = {
        "model_type": "qwen2",
        "hidden_size": 128,
        "intermediate_size": 384,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 512,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    attention = 128 * 128 + 128 * 64 + 128 * 64 + 128 * 128 + (128 + 64 + 64)
    layer = attention + 3 * 128 * 384 + 2 * 128
    assert find_shape(str(tmp_path)).parameters == 2 * layer + 128 + 2 * 512 * 128


_YARN = {"factor": 4.0, "original_max_position_embeddings": 256}


@pytest.mark.parametrize(
    ("config", "positions"),
    [
        ({}, None),
        ({"max_position_embeddings": 512}, 512),
        ({"max_position_embeddings": 512, "rope_scaling": None}, 512),
        ({"max_position_embeddings": 512, "rope_parameters": {"rope_type": "default", "rope_theta": 1e6}}, 512),
        ({"max_position_embeddings": 512, "rope_scaling": _YARN | {"type": "yarn"}}, 1024),
        ({"max_position_embeddings": 512, "rope_parameters": _YARN | {"rope_type": "yarn"}}, 1024),
        ({"max_position_embeddings": 512, "rope_scaling": {"rope_type": "linear", "factor": 2.0}}, 1024),
        ({"max_position_embeddings": 512, "rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, 512),
        ({"max_position_embeddings": "512"}, None),
    ],
)
def test_a_folders_positions_are_those_that_vllm_takes(
    tmp_path: Path, config: dict[str, object], positions: int | None
) -> None:
    sizes = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size")
    (tmp_path / "config.json").write_text(json.dumps(dict.fromkeys(sizes, 128) | config))
    assert find_shape(str(tmp_path)).max_positions == positions


@pytest.mark.parametrize(
    ("config", "problem"),
    [('{"num_attention_heads": 4}', "has no 'hidden_size'"), ('{"hidden_size": 0}', "'hidden_size' is 0")],
)
def test_a_config_without_the_numbers_is_named(tmp_path: Path, config: str, problem: str) -> None:
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(ShopBenchError, match=f"config.json: {problem}; plan needs a decoder's sizes"):
        find_shape(str(tmp_path))


@pytest.mark.parametrize(
    ("config", "sizes"),
    [
        ({"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "vocab_size": 50257}, (768, 3072, 12, 12)),
        (
            {
                "model_type": "gemma3",
                "text_config": {
                    "hidden_size": 64,
                    "intermediate_size": 128,
                    "num_hidden_layers": 2,
                    "num_attention_heads": 4,
                    "vocab_size": 100,
                },
            },
            (64, 128, 2, 4),
        ),
    ],
)
def test_other_families_are_planned_from_their_config(
    config: dict[str, object], sizes: tuple[int, ...], tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    shape = find_shape(str(tmp_path))
    assert (shape.hidden_size, shape.intermediate_size, shape.layers, shape.heads) == sizes
    assert not shape.has_attention_bias


@pytest.mark.parametrize(
    "experts",
    [{"num_local_experts": 8}, {"num_experts": 128}, {"n_routed_experts": 64}, {"text_config": {"num_experts": 16}}],
)
def test_a_mixture_of_experts_is_refused(tmp_path: Path, experts: dict[str, Any]) -> None:
    with pytest.raises(ShopBenchError, match=r"config.json: '.*_experts' is .*, a mixture of experts; pass a dense"):
        read(tmp_path, **experts)


@pytest.mark.parametrize("experts", [{"num_experts": None}, {"num_local_experts": 1}, {"num_experts_per_tok": 2}])
def test_a_dense_model_of_a_family_with_experts_is_planned(tmp_path: Path, experts: dict[str, Any]) -> None:
    assert read(tmp_path, **experts).parameters == BUILT_IN["qwen2-7b"].parameters


@pytest.mark.parametrize(("bits", "group_size", "gigabytes"), [(4, 128, 5.6), (4, 32, 6.0), (8, 128, 8.9)])
def test_a_quantized_folder_is_counted_in_its_own_bits_and_groups(
    tmp_path: Path, bits: int, group_size: int, gigabytes: float
) -> None:
    stored = {"quant_method": "gptq", "bits": bits, "group_size": group_size}
    shape = read(tmp_path, quantization_config=stored)
    assert shape.stored == Gptq(bits, group_size)
    assert round(count_weight_bytes(shape, Quantization.GPTQ_INT4) / 1e9, 1) == gigabytes
    lines = list(describe_plan(make_plan(shape, parse_cards("1x24"), Quantization.NONE, 2048)))
    assert lines[1].endswith(f"weights: GPTQ-Int{bits}, groups of {group_size}")
    assert not any(line.startswith(("train", "quantize")) for line in lines)


@pytest.mark.parametrize(("group_size", "is_possible"), [(128, False), (64, True)])
def test_a_quantized_folder_is_split_in_its_own_groups(tmp_path: Path, group_size: int, is_possible: bool) -> None:
    stored = {"quant_method": "gptq", "bits": 4, "group_size": group_size}
    shape = read(tmp_path, intermediate_size=18944 + 128, quantization_config=stored)
    assert check_split(shape, 2, Quantization.GPTQ_INT4).is_possible is is_possible


@pytest.mark.parametrize(
    "stored",
    [
        {"quant_method": "fp8"},
        {"quant_method": "awq", "bits": 4, "group_size": 128},
        {"quant_method": "gptq", "bits": 16, "group_size": 128},
        {"quant_method": "gptq", "bits": 4, "group_size": -1},
        {"quant_method": "gptq"},
        "gptq",
    ],
)
def test_a_folder_quantized_in_another_way_is_refused(tmp_path: Path, stored: Any) -> None:
    with pytest.raises(ShopBenchError, match=r"config.json: 'quantization_config' is not GPTQ .* before quantization"):
        read(tmp_path, quantization_config=stored)


def test_a_quantization_of_null_is_none(tmp_path: Path) -> None:
    assert not read(tmp_path, quantization_config=None).is_quantized


def test_a_folder_is_trained_with_its_tokenizers_own_template_and_quoted(tmp_path: Path) -> None:
    plan = make_plan(read(tmp_path / "my model"), parse_cards("1x24"), Quantization.GPTQ_INT4, 2048)
    quantize, train = (line for line in describe_plan(plan) if line.startswith(("train", "quantize")))
    assert quantize.endswith(" template=null")
    assert shlex.split(train)[4:7] == [
        f"model_name_or_path={tmp_path / 'my model'}",
        "output_dir=ADAPTER_FOLDER",
        "template=null",
    ]
