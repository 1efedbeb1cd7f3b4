"""Padding an MLP for tensor parallelism: the numbers change their place, the outputs don't."""

import json
import shutil
from pathlib import Path

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model
from shopbench_plugin.planning.splitting import find_padded_width
from shopbench_plugin.quantization.pad import pad_checkpoint


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Qwen2 whose attention splits into full groups of 128 on two GPUs, but whose MLP, 384 wide, doesn't."""
    folder = tmp_path_factory.mktemp("models") / "model"
    settings = TinyModelSettings(vocabulary_size=512, hidden_size=256, intermediate_size=384)
    create_tiny_model(["The kettle broke at once."], folder, settings)
    return folder


def _copy_in_shards(model: Path, folder: Path) -> Path:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    AutoModelForCausalLM.from_pretrained(model, dtype="float32").save_pretrained(folder, max_shard_size="900KB")
    AutoTokenizer.from_pretrained(model).save_pretrained(folder)
    return folder


def test_a_padded_model_in_shards_answers_as_before(model: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = _copy_in_shards(model, tmp_path / "source")
    shards = sorted(path.name for path in source.glob("*.safetensors"))
    assert len(shards) > 1

    padding = pad_checkpoint(source, tmp_path / "padded", gpus=2)

    assert (padding.width, padding.padded_width, padding.tensors) == (384, 512, 6)
    assert sorted(path.name for path in (tmp_path / "padded").glob("*.safetensors")) == shards
    tokens = AutoTokenizer.from_pretrained(tmp_path / "padded")("the kettle broke at once", return_tensors="pt")
    logits = []
    for folder in (source, tmp_path / "padded"):
        with torch.inference_mode():
            logits.append(AutoModelForCausalLM.from_pretrained(folder, dtype="float32")(**tokens).logits)
    torch.testing.assert_close(logits[1], logits[0], rtol=1e-5, atol=1e-6)
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_new_rows_and_columns_are_zeros_behind_the_old_ones(model: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    pad_checkpoint(model, tmp_path / "padded", gpus=2)
    before = load_file(model / "model.safetensors")
    after = load_file(tmp_path / "padded" / "model.safetensors")
    rows, columns = "model.layers.0.mlp.gate_proj.weight", "model.layers.1.mlp.down_proj.weight"
    assert after[rows].shape == (512, 256)
    assert after[columns].shape == (256, 512)
    assert after[rows][:384].equal(before[rows])
    assert after[columns][:, :384].equal(before[columns])
    assert not after[rows][384:].any()
    assert not after[columns][:, 384:].any()


def test_vllm_refuses_the_odd_number_of_groups_and_takes_the_padded_one() -> None:
    marlin = pytest.importorskip("vllm.model_executor.layers.quantization.utils.marlin_utils")
    width, hidden, gpus = 384, 128, 2

    def check(size: int) -> tuple[bool, str | None]:
        """What vLLM's GPTQ kernel says of down_proj's part on one GPU."""
        return marlin.check_marlin_supports_shape(hidden, size // gpus, size, group_size=128)

    refused, reason = check(width)
    assert not refused
    assert "input_size_per_partition = 192 is not divisible" in str(reason)
    assert check(find_padded_width(width, gpus)) == (True, None)


def test_a_model_that_splits_as_it_is_is_not_padded(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match="its MLP width 384 already splits over 2 GPUs"):
        pad_checkpoint(model, tmp_path / "padded", gpus=2, group_size=64)
    assert not (tmp_path / "padded").exists()


def _change_config(model: Path, folder: Path, **changes: int | bool) -> Path:
    shutil.copytree(model, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))
    return folder


@pytest.mark.parametrize(
    ("config", "gpus", "reason"),
    [
        ({}, 4, "attention width 256 does not split into groups of 128 on 4 GPUs; --gpus 2 is the most that works"),
        ({}, 10**9, "4 attention heads are not divisible by 1000000000; --gpus 2 is the most that works"),
        (
            {"num_attention_heads": 3},
            2,
            "3 attention heads are not divisible by 2; it can be served on a single GPU only",
        ),
        (
            {"num_attention_heads": 28, "num_key_value_heads": 4, "head_dim": 128},
            7,
            "4 key-value heads neither divide by 7 nor replicate evenly; --gpus 4 is the most that works",
        ),
    ],
)
def test_what_no_padding_splits_is_refused_before_anything_is_written(
    model: Path, tmp_path: Path, config: dict[str, int], gpus: int, reason: str
) -> None:
    source = _change_config(model, tmp_path / "source", **config)
    with pytest.raises(ShopBenchError, match=f"source: can't be split over {gpus} GPUs even with padding: {reason}$"):
        pad_checkpoint(source, tmp_path / "padded", gpus)
    assert not (tmp_path / "padded").exists()


def test_the_biases_of_an_mlp_grow_with_its_weights(model: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    source = _change_config(model, tmp_path / "source", mlp_bias=True)
    tensors = load_file(source / "model.safetensors")
    biases = {f"model.layers.0.mlp.{name}_proj.bias": torch.ones(384) for name in ("gate", "up")}
    down = {"model.layers.0.mlp.down_proj.bias": torch.ones(256)}
    save_file(tensors | biases | down, source / "model.safetensors", metadata={"format": "pt"})

    assert pad_checkpoint(source, tmp_path / "padded", gpus=2).tensors == 8
    after = load_file(tmp_path / "padded" / "model.safetensors")
    assert [after[name].tolist() for name in biases] == [[1.0] * 384 + [0.0] * 128] * 2
    assert after["model.layers.0.mlp.down_proj.bias"].shape == (256,)


def test_a_quantized_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"intermediate_size": 384, "quantization_config": {"bits": 4}}))
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(ShopBenchError, match="is already quantized; pad the merged model"):
        pad_checkpoint(tmp_path, tmp_path / "padded", gpus=2)


def test_a_failure_half_way_keeps_the_old_output(model: Path, tmp_path: Path) -> None:
    source, output = _copy_in_shards(model, tmp_path / "source"), tmp_path / "padded"
    output.mkdir()
    (output / "config.json").write_text("{}")
    last = max(source.glob("*.safetensors"))
    last.write_bytes(last.read_bytes()[:100])
    with pytest.raises(ShopBenchError, match=f"{last.name}: not a readable safetensors file"):
        pad_checkpoint(source, output, gpus=2)
    assert [path.name for path in output.iterdir()] == ["config.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["padded", "source"]
