"""A model whose config.json ties the output head to the embedding although the weights contain two different matrices.

LlamaFactory's merge writes such a model when a tied base was trained with `additional_target: embed_tokens,lm_head`:
transformers loads both matrices, but vLLM drops the head and so serves a different model from the one that was trained.
"""

from collections.abc import Iterator
from pathlib import Path

from shopbench_plugin.models.checkpoints import Checkpoint, open_checkpoint, read_header
from shopbench_plugin.storage.files import write_json_file

KEY = "tie_word_embeddings"
HEAD = "lm_head.weight"
_EMBEDDING_SUFFIX = "embed_tokens.weight"
_CHUNK = 16_000_000


def is_wrongly_tied(checkpoint: Checkpoint) -> bool:
    """Return whether the config says tied and the two matrices in the files differ."""
    if checkpoint.config.get(KEY) is not True:
        return False
    names = checkpoint.read_shapes()
    embedding = next((name for name in names if name.endswith(_EMBEDDING_SUFFIX)), None)
    if HEAD not in names or embedding is None:
        return False
    if names[HEAD] != names[embedding]:
        return True
    pairs = zip(_read_bytes(checkpoint, HEAD), _read_bytes(checkpoint, embedding), strict=False)
    return any(head != row for head, row in pairs)


def untie(folder: Path) -> bool:
    """Set the key to false if the matrices differ; return whether it was necessary.

    Raises:
        ShopBenchError: the folder doesn't contain a complete safetensors model, or can't be written.
    """
    checkpoint = open_checkpoint(folder)
    if not is_wrongly_tied(checkpoint):
        return False
    write_json_file(folder / "config.json", checkpoint.config | {KEY: False})
    return True


def _read_bytes(checkpoint: Checkpoint, name: str) -> Iterator[bytes]:
    """Yield a tensor's bytes in pieces; numpy has no bfloat16, and torch takes seconds to import."""
    for shard in checkpoint.shards:
        tensors, first = read_header(shard)
        if name not in tensors:
            continue
        start, end = tensors[name]["data_offsets"]
        with shard.open("rb") as stream:
            stream.seek(first + start)
            for position in range(start, end, _CHUNK):
                yield stream.read(min(_CHUNK, end - position))
        return
