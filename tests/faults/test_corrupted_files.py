"""Files that a copy cut short, a disk flipped bytes in, or a full disk left empty: each is named, with its remedy."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.adapters import check_adapter
from shopbench_plugin.models.checkpoints import open_checkpoint
from shopbench_plugin.models.model_folder import check_model_folder
from tests.faults.commands import SHOPBENCH, check_one_line, list_names, run, run_here
from tests.faults.conftest import Command
from tests.faults.shop_server import ShopServer

WIDTH = 4


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    """Flip bits where a safetensors file has its header and a JSON file its text."""
    content = bytearray(path.read_bytes())
    for place in range(12, 16):
        content[place] ^= 0xFF
    path.write_bytes(content)


DAMAGES = pytest.mark.parametrize("damage", [cut_short, empty, flip])


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model folder with one matrix in each of two shards."""
    folder = tmp_path / "model"
    folder.mkdir()
    shards = {f"layer{number}.weight": f"model-0000{number}-of-00002.safetensors" for number in (1, 2)}
    for name, shard in shards.items():
        save_file({name: np.ones((WIDTH, WIDTH), np.float32)}, folder / shard)
    contents = {
        "config.json": {"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"]},
        "model.safetensors.index.json": {"metadata": {}, "weight_map": shards},
        "tokenizer_config.json": {"chat_template": "{{ messages }}", "eos_token": "<|im_end|>"},
        "tokenizer.json": {"version": "1.0", "model": {"type": "BPE", "vocab": {}, "merges": []}},
        "generation_config.json": {"do_sample": False},
    }
    for name, content in contents.items():
        (folder / name).write_text(json.dumps(content))
    return folder


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """A LoRA adapter of rank 2 on the first layer of `model`."""
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 2}))
    tensors = {"lora_A": np.ones((2, WIDTH), np.float32), "lora_B": np.ones((WIDTH, 2), np.float32)}
    named = {f"base_model.model.layer1.{name}.weight": tensor for name, tensor in tensors.items()}
    save_file(named, folder / "adapter_model.safetensors")
    return folder


def test_what_is_whole_passes(model: Path, adapter: Path) -> None:
    check_model_folder(str(model))
    check_adapter(adapter, open_checkpoint(model))


@DAMAGES
@pytest.mark.parametrize(
    "name",
    [
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "generation_config.json",
    ],
)
def test_a_damaged_file_of_a_model_is_named_before_a_library_reads_it(
    damage: Callable[[Path], None], name: str, model: Path
) -> None:
    damage(model / name)
    with pytest.raises(ShopBenchError, match=rf"/{name}: (not a readable|cannot be read|not valid)") as caught:
        check_model_folder(str(model))
    assert "\n" not in str(caught.value)


@DAMAGES
def test_a_damaged_adapter_is_named_even_where_the_base_is_on_a_hub(
    damage: Callable[[Path], None], adapter: Path
) -> None:
    damage(adapter / "adapter_model.safetensors")
    with pytest.raises(ShopBenchError, match=r"adapter_model\.safetensors: not a readable safetensors .* again"):
        check_adapter(adapter, None)


@DAMAGES
def test_predict_refuses_a_damaged_shard_in_one_line(
    damage: Callable[[Path], None], model: Path, questions: Path, tmp_path: Path
) -> None:
    damage(model / "model-00001-of-00002.safetensors")
    files = ["--input", questions, "--output", tmp_path / "answers.jsonl"]
    failed = run_here([SHOPBENCH, "predict", "--model", model, *files])
    check_one_line(
        failed, 1, "model-00001-of-00002.safetensors: not a readable safetensors file", "copy or download it"
    )
    assert not list(tmp_path.glob("answers*"))


def test_check_refuses_a_damaged_shard_of_the_base_without_an_adapter(model: Path, tmp_path: Path) -> None:
    cut_short(model / "model-00001-of-00002.safetensors")
    recipe = tmp_path / "export.yaml"
    recipe.write_text(f"model_name_or_path: {model}\ntemplate: qwen2\nexport_dir: {tmp_path / 'exported'}\n")
    check_one_line(
        run_here([SHOPBENCH, "check", recipe]), 1, "model-00001-of-00002.safetensors: not a readable safetensors"
    )


@DAMAGES
def test_evaluate_names_a_damaged_predictions_file(
    damage: Callable[[Path], None],
    predict: Callable[..., Command],
    serve: Callable[..., ShopServer],
    questions: Path,
    tmp_path: Path,
) -> None:
    answers, scores = tmp_path / "answers.jsonl", tmp_path / "scores.json"
    assert run_here(predict(serve(), answers)).status == 0
    damage(answers)
    files = ["--predictions", answers, "--reference", questions, "--json", scores]
    check_one_line(run_here([SHOPBENCH, "evaluate", *files]), 1, str(answers))
    assert not scores.exists()


@DAMAGES
def test_convert_leaves_a_damaged_list_of_data_sets_as_it_is(
    damage: Callable[[Path], None], convert: Callable[[Path], Command], tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    listed = folder / "dataset_info.json"
    listed.write_text(json.dumps({"other": {"file_name": "other.jsonl"}}))
    damage(listed)
    before = listed.read_bytes()
    check_one_line(run(convert(folder)), 1, f"{listed}: not a readable dataset_info.json", "fix it")
    assert listed.read_bytes() == before
    assert list_names(folder) == ["dataset_info.json"]


@DAMAGES
def test_a_damaged_journal_costs_the_answers_after_the_damage_and_no_more(
    damage: Callable[[Path], None], predict: Callable[..., Command], serve: Callable[..., ShopServer], tmp_path: Path
) -> None:
    server = serve()
    output, journal = tmp_path / "answers.jsonl", tmp_path / "answers.jsonl.part"
    server.failures = [*[None] * 30, *[401] * 60]
    assert run_here(predict(server, output)).status == 1
    damage(journal)
    server.failures.clear()
    outcome = run(predict(server, output))
    if damage is flip:  # the first line, which names the run, is no longer one: not known to be ours
        check_one_line(outcome, 1, f"{journal}: contains answers of another run", "--overwrite")
        assert run_here(predict(server, output, "--overwrite")).status == 0
    else:
        assert outcome.status == 0
    assert run_here(predict(server, tmp_path / "undisturbed.jsonl")).status == 0
    assert output.read_bytes() == (tmp_path / "undisturbed.jsonl").read_bytes()


def test_a_shard_that_was_never_written_is_named(model: Path) -> None:
    """As after an export that was killed between two shards: the index is written last."""
    (model / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ShopBenchError, match=r"model-00002-of-00002\.safetensors: named in .* but missing"):
        check_model_folder(str(model))
    (model / "model.safetensors.index.json").unlink()
    with pytest.raises(ShopBenchError, match=r"has no model\.safetensors; the download or the export is incomplete"):
        check_model_folder(str(model))


def test_a_mixture_of_two_exports_is_refused_by_its_mark(model: Path, tmp_path: Path) -> None:
    """As after an export over an older one that was killed between two shards: every file is whole."""
    shutil.copytree(model, tmp_path / "mixed")
    (tmp_path / "mixed" / ".unfinished").touch()
    with pytest.raises(
        ShopBenchError, match=r"mixed: what writes it was stopped, or still runs .* run that to its end"
    ):
        check_model_folder(str(tmp_path / "mixed"))
