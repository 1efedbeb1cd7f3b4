"""Converts a GGUF file to an ordinary model folder that LlamaFactory, transformers and vLLM can load.

transformers dequantizes the weights; precision lost in quantization is not restored. The folder needs 2 or 4 bytes per
weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.progress import announce
from shopbench_plugin.core.quiet import discard_prints
from shopbench_plugin.models.checkpoints import require_space, write_folder_atomically
from shopbench_plugin.models.gguf_file import GGUFFile, isolate, open_gguf
from shopbench_plugin.models.gguf_tokenizer import check_saved_tokenizer, read_tokenizer
from shopbench_plugin.models.gguf_vocabulary import read_vocabulary
from shopbench_plugin.models.turn_end import find_turn_end
from shopbench_plugin.storage.paths import check_places

_OVERHEAD = 32_000_000  # bytes: tokenizer.json of a large vocabulary


class Dtype(StrEnum):
    """The dtype in which the weights are written."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"

    @property
    def size(self) -> int:
        """Bytes of one weight."""
        return 4 if self is Dtype.FLOAT32 else 2


@dataclass(frozen=True, slots=True)
class ImportedModel:
    """What an import wrote: the architecture in GGUF's spelling, the number of weights, and the end token."""

    architecture: str
    parameters: int
    end_token: str


def import_gguf(path: Path, output: Path, dtype: Dtype) -> ImportedModel:
    """Write a GGUF file's model as a Hugging Face folder, including tokenizer, chat template and generation config.

    Raises:
        ShopBenchError: the file is not GGUF, is truncated, incomplete or of an unsupported architecture, or `output`
            can't be written. An existing `output` is then kept.
    """
    check_places([path], [output])
    file = open_gguf(path)
    require_space(output, file.parameters * dtype.size + _OVERHEAD)
    announce(f"reading {path}")
    tokenizer = read_tokenizer(file)
    model = _load_model(file, dtype)
    rows = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > rows:
        raise ShopBenchError(
            f"{path}: has {len(tokenizer)} tokens, but {rows} rows in its embedding; download it again"
        )
    model.generation_config = _write_generation_config(file, tokenizer)
    for name in ("bos_token_id", "eos_token_id", "pad_token_id"):
        setattr(model.config, name, getattr(tokenizer, name))
    with write_folder_atomically(output) as folder, discard_prints():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        check_saved_tokenizer(file, folder)
    return ImportedModel(file.architecture, file.parameters, tokenizer.eos_token)


def _load_model(file: GGUFFile, dtype: Dtype) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    try:
        with isolate(file.path) as link, discard_prints():
            model, loading = AutoModelForCausalLM.from_pretrained(
                link.parent, gguf_file=link.name, dtype=getattr(torch, dtype), output_loading_info=True
            )
    except Exception as error:  # an unexpected tensor or metadata value can raise anything
        raise ShopBenchError(
            f"{file.path}: transformers can't load this {file.architecture} model ({error!s:.200}); "
            "use a GGUF file of another model or quantization"
        ) from error
    _check_complete(file, model, sorted(loading["missing_keys"]))
    return model


def _check_complete(file: GGUFFile, model: Any, missing: Sequence[str]) -> None:
    """Check that the file set all weights of the model, and that the model has a place for all weights of the file."""
    if missing:
        others = f" and {len(missing) - 1} more" if missing[1:] else ""
        raise ShopBenchError(
            f"{file.path}: lacks the weights {missing[0]}{others} of transformers' {type(model).__name__}; "
            "download it again, or use a GGUF file of another model"
        )
    head = file.tensors.get("output.weight", 0) if model.config.tie_word_embeddings else 0
    ignored = file.parameters - head - model.num_parameters()
    if ignored > 0:
        raise ShopBenchError(
            f"{file.path}: transformers' {type(model).__name__} has no place for {ignored:,} of its weights; "
            "use a GGUF file of another model"
        )


def _write_generation_config(file: GGUFFile, tokenizer: Any) -> Any:
    from transformers import GenerationConfig

    ends = list(dict.fromkeys([*read_vocabulary(file).end_ids, find_turn_end(tokenizer)]))
    return GenerationConfig(
        do_sample=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=ends if ends[1:] else ends[0],
        pad_token_id=tokenizer.pad_token_id,
    )
