"""GGUF files that can't become a model: one error, and nothing is written."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.gguf_import import Dtype, import_gguf
from tests.shopbench_plugin.models.gguf_writer import write_gguf


@pytest.fixture(scope="module")
def tiny_gguf(tiny_base_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gguf(tiny_base_model, tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.mark.parametrize("share", [0.001, 0.02, 0.1, 0.5, 0.999])
def test_a_truncated_file_is_one_error(share: float, tiny_gguf: Path, tmp_path: Path) -> None:
    content = tiny_gguf.read_bytes()
    (tmp_path / "cut.gguf").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ShopBenchError, match="truncated or damaged GGUF file; download it again"):
        import_gguf(tmp_path / "cut.gguf", tmp_path / "model", Dtype.FLOAT32)
    assert [path.name for path in tmp_path.iterdir()] == ["cut.gguf"]


def test_a_foreign_file_is_an_error(tiny_base_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match="not a GGUF file"):
        import_gguf(tiny_base_model / "config.json", tmp_path / "model", Dtype.FLOAT32)
    with pytest.raises(ShopBenchError, match="cannot be read"):
        import_gguf(tmp_path / "none.gguf", tmp_path / "model", Dtype.FLOAT32)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ({"general.architecture": "rwkv7"}, "unsupported architecture 'rwkv7'; transformers converts bloom, "),
        ({"split.count": "3"}, "split.count is '3', not of type int; download it again"),
        ({"split.count": 3}, "one of 3 parts of a split model; join them with llama-gguf-split --merge first"),
    ],
)
def test_what_cannot_be_converted_is_an_error(key: dict[str, Any], message: str, tmp_path: Path) -> None:
    from gguf import GGUFWriter

    name, value = next(iter(key.items()))
    writer = GGUFWriter(tmp_path / "odd.gguf", value if name == "general.architecture" else "qwen2")
    if isinstance(value, int):
        writer.add_uint16(name, value)
    elif name != "general.architecture":
        writer.add_string(name, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ShopBenchError, match=f"odd.gguf: {message}"):
        import_gguf(tmp_path / "odd.gguf", tmp_path / "model", Dtype.FLOAT32)


EXPERTS = {f"blk.0.ffn_{part}_exps.weight": np.ones((4, 8, 8), np.float32) for part in ("gate", "up", "down")}
MIXTURE = EXPERTS | {f"blk.0.ffn_{part}.weight": None for part in ("gate", "up", "down")}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"blk.1.ffn_up.weight": None}, r"lacks the weights model\.layers\.1\.mlp\.up_proj\.weight of transformers' "),
        (MIXTURE, r"lacks the weights model\.layers\.0\.mlp\.down_proj\.weight and 2 more of transformers' Qwen2"),
        ({"blk.0.attn_q_norm.weight": np.ones(32, np.float32)}, "Qwen2ForCausalLM has no place for 32 of its weights"),
        ({"rope_freqs.weight": np.ones(16, np.float32)}, r"scaled \(tensor rope_freqs\.weight\), which"),
        ({"qwen2.rope.scaling.type": "yarn"}, r"scaled \(qwen2\.rope\.scaling\.type yarn\), which"),
        ({"qwen2.rope.scaling.factor": 4.0}, r"scaled \(qwen2\.rope\.scaling\.type linear\), which"),
        ({"qwen2.rope.scale_linear": 2.0}, r"scaled \(qwen2\.rope\.scaling\.type linear\), which"),
    ],
)
def test_a_model_that_would_lose_weights_or_positions_is_an_error_and_keeps_the_old(
    changes: dict[str, Any], message: str, tiny_base_model: Path, tmp_path: Path
) -> None:
    file = write_gguf(tiny_base_model, tmp_path / "tiny.gguf", changes=changes)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    with pytest.raises(ShopBenchError, match=message):
        import_gguf(file, tmp_path / "model", Dtype.FLOAT32)
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["config.json"]


def test_positions_that_a_file_declares_unscaled_are_read(tiny_base_model: Path, tmp_path: Path) -> None:
    unscaled = {"qwen2.rope.scaling.type": "none", "qwen2.rope.scaling.factor": 4.0}
    file = write_gguf(tiny_base_model, tmp_path / "tiny.gguf", changes=unscaled)
    import_gguf(file, tmp_path / "model", Dtype.FLOAT32)
    assert (tmp_path / "model" / "model.safetensors").is_file()


def test_an_adapter_next_to_the_file_is_not_read(tiny_gguf: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").hardlink_to(tiny_gguf)
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA", "base_model_name_or_path": "nobody/nothing"}')
    import_gguf(tmp_path / "tiny.gguf", tmp_path / "model", Dtype.FLOAT32)
    assert (tmp_path / "model" / "model.safetensors").is_file()
