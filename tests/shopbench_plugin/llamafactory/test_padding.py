"""Padding an MLP for tensor parallelism: the numbers change their place, the outputs don't."""

import json
from pathlib import Path

import pytest

from shopbench_plugin.errors import ShopBenchError
from shopbench_plugin.llamafactory.padding import find_padded_width, pad_checkpoint


@pytest.mark.parametrize(
    ("width", "gpus", "padded"),
    [(29568, 2, 29696), (29568, 4, 29696), (29568, 8, 29696), (29568, 1, 29568), (18944, 4, 18944), (13824, 8, 14336)],
)
def test_a_width_grows_to_the_next_that_gives_every_gpu_whole_groups(width: int, gpus: int, padded: int) -> None:
    assert find_padded_width(width, gpus) == padded


def _copy_in_shards(model: Path, folder: Path) -> Path:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    AutoModelForCausalLM.from_pretrained(model, dtype="float32").save_pretrained(folder, max_shard_size="900KB")
    AutoTokenizer.from_pretrained(model).save_pretrained(folder)
    return folder


def test_a_padded_model_in_shards_answers_as_before(tiny_base_model: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = _copy_in_shards(tiny_base_model, tmp_path / "source")
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


def test_the_new_rows_and_columns_are_zeros_behind_the_old_ones(tiny_base_model: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    pad_checkpoint(tiny_base_model, tmp_path / "padded", gpus=4)
    before = load_file(tiny_base_model / "model.safetensors")
    after = load_file(tmp_path / "padded" / "model.safetensors")
    rows, columns = "model.layers.0.mlp.gate_proj.weight", "model.layers.1.mlp.down_proj.weight"
    assert after[rows].shape == (512, 128)
    assert after[columns].shape == (128, 512)
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


def test_a_model_that_splits_as_it_is_is_not_padded(tiny_base_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match="its MLP width 384 splits over 3 GPUs as it is"):
        pad_checkpoint(tiny_base_model, tmp_path / "padded", gpus=3)
    assert not (tmp_path / "padded").exists()


def test_a_quantized_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"intermediate_size": 384, "quantization_config": {"bits": 4}}))
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(ShopBenchError, match="is quantized already; pad the merged model"):
        pad_checkpoint(tmp_path, tmp_path / "padded", gpus=2)


def test_a_failure_half_way_keeps_the_old_output(tiny_base_model: Path, tmp_path: Path) -> None:
    source, output = _copy_in_shards(tiny_base_model, tmp_path / "source"), tmp_path / "padded"
    output.mkdir()
    (output / "config.json").write_text("{}")
    last = max(source.glob("*.safetensors"))
    last.write_bytes(last.read_bytes()[:100])
    with pytest.raises(ShopBenchError, match=f"{last.name}: no readable safetensors file"):
        pad_checkpoint(source, output, gpus=2)
    assert [path.name for path in output.iterdir()] == ["config.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["padded", "source"]
