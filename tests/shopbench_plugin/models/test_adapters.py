"""Adapters that are served without being merged: weights that are not finite, found without torch."""

import json

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.adapters import check_served_adapter

NAME = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"


def write_adapter(folder, dtype, bits):
    """Write an adapter whose only tensor is 0 and the number with these bits."""
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 1}))
    size = int(dtype[-2:]) // 8
    tensor = {"dtype": dtype, "shape": [1, 2], "data_offsets": [0, 2 * size]}
    header = json.dumps({"__metadata__": {"format": "pt", "dtype": "F32"}, NAME: tensor}).encode()
    content = len(header).to_bytes(8, "little") + header + bytes(size) + bits.to_bytes(size, "little")
    (folder / "adapter_model.safetensors").write_bytes(content)


@pytest.mark.parametrize(
    ("dtype", "infinity", "nan"),
    [
        ("F16", 0x7C00, 0xFE01),
        ("BF16", 0x7F80, 0xFFC0),
        ("F32", 0x7F800000, 0xFFC00000),
        ("F64", 0x7FF0000000000000, 0xFFF8000000000000),
    ],
)
def test_an_adapter_of_a_training_that_diverged_is_refused(dtype, infinity, nan, tmp_path):
    for bits in (infinity, nan):
        write_adapter(tmp_path, dtype, bits)
        with pytest.raises(ShopBenchError) as caught:
            check_served_adapter(tmp_path, "org/base")
        assert str(caught.value) == (
            f"{tmp_path / 'adapter_model.safetensors'}: {NAME} contains NaN or infinity: the training diverged; "
            "train it again with a lower learning rate"
        )
    write_adapter(tmp_path, dtype, infinity - 1)  # the largest number
    check_served_adapter(tmp_path, "org/base")


def test_whole_numbers_are_finite(tmp_path):
    write_adapter(tmp_path, "I32", 0x7F800000)
    check_served_adapter(tmp_path, "org/base")
