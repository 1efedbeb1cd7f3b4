"""A config that ties two different matrices is found and set right."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.models.checkpoints import open_checkpoint
from shopbench_plugin.models.tied_embeddings import is_wrongly_tied


def write_model(folder: Path, *, tied: bool, head: np.ndarray | None, shards: int = 1) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "qwen2", "tie_word_embeddings": tied}))
    tensors = {"model.embed_tokens.weight": np.ones((8, 4), np.float16), "model.norm.weight": np.ones(4, np.float16)}
    if head is not None:
        tensors["lm_head.weight"] = head
    if shards == 1:
        save_file(tensors, folder / "model.safetensors")
        return folder
    names = {name: f"model-{number}.safetensors" for number, name in enumerate(tensors)}
    for name, file in names.items():
        save_file({name: tensors[name]}, folder / file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    return folder


ONE_CHANGED = np.ones((8, 4), np.float16)
ONE_CHANGED[7, 3] = 2


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize(
    ("tied", "head", "is_wrong"),
    [
        (True, ONE_CHANGED, True),
        (True, np.ones((8, 4), np.float16), False),
        (True, None, False),
        (False, ONE_CHANGED, False),
        (True, np.ones((9, 4), np.float16), True),
    ],
)
def test_only_two_matrices_that_differ_are_wrong(
    tied: bool, head: np.ndarray | None, is_wrong: bool, shards: int, tmp_path: Path
) -> None:
    model = write_model(tmp_path / "model", tied=tied, head=head, shards=shards)
    assert is_wrongly_tied(open_checkpoint(model)) is is_wrong


def test_the_command_sets_the_key_and_leaves_the_rest(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model", tied=True, head=ONE_CHANGED)
    (tmp_path / "recipe.yaml").write_text(f"export_dir: {model}\n")
    arguments = ["untie", "--recipe", str(tmp_path / "recipe.yaml")]
    assert CliRunner().invoke(app, arguments).output == f"{model}: set tie_word_embeddings to false\n"
    assert json.loads((model / "config.json").read_text()) == {"model_type": "qwen2", "tie_word_embeddings": False}
    assert CliRunner().invoke(app, arguments).output == f"{model}: config.json is correct\n"
