"""Every recipe of the bundle: LlamaFactory takes it, what it names is there, and its first lines tell how to run it."""

import json
import socket
from pathlib import Path

import pytest
import yaml

from shopbench_plugin.core.settings import merge
from shopbench_plugin.demonstrations.preset_files import read_preset
from shopbench_plugin.predict.settings import PredictSettings, read_settings
from shopbench_plugin.sweep.candidates import list_candidates
from shopbench_plugin.sweep.settings import SweepSettings

PROJECT = Path(__file__).resolve().parents[2]
BUNDLE = PROJECT / "llamafactory_configs"
RECIPES = sorted(path.relative_to(PROJECT) for path in BUNDLE.glob("*/*.yaml"))
TRAINING = [recipe for recipe in RECIPES if recipe.parts[1] == "sft"]
PREDICTION = [recipe for recipe in RECIPES if recipe.parts[1] == "predict"]
SWEEPS = [recipe for recipe in RECIPES if recipe.parts[1] == "sweep"]
EXPORTS = [recipe for recipe in RECIPES if recipe.parts[1] in {"export", "gptq"}]


def read(recipe: Path) -> dict[str, object]:
    settings: dict[str, object] = yaml.safe_load((PROJECT / recipe).read_text(encoding="utf-8"))
    return settings


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_a_recipe_opens_with_purpose_needs_command_and_override(recipe: Path) -> None:
    lines = (PROJECT / recipe).read_text(encoding="utf-8").splitlines()
    comment = lines[: next(number for number, line in enumerate(lines) if not line.startswith("#"))]
    heads = [line.split()[1] for line in comment if not line.startswith("#   ")]
    assert heads == ["Purpose:", "Needs:", "Command:", "Override:"]
    command = "\n".join(comment).partition("# Command:")[2].partition("# Override:")[0]
    assert str(recipe) in command


@pytest.mark.parametrize("recipe", [recipe for recipe in TRAINING if "tiny" not in recipe.name], ids=str)
def test_a_training_that_no_export_recipe_continues_says_which_one_to_override(recipe: Path) -> None:
    settings, text = read(recipe), (PROJECT / recipe).read_text(encoding="utf-8")
    exports = [read(export) for export in EXPORTS]
    if settings["output_dir"] in {export.get("adapter_name_or_path") for export in exports}:
        return
    if settings["finetuning_type"] == "full":
        overrides = {"model_name_or_path": settings["output_dir"]}
    else:
        overrides = {
            "model_name_or_path": settings["model_name_or_path"],
            "adapter_name_or_path": settings["output_dir"],
            "export_dir": str(settings["output_dir"]).replace("/adapter", "/merged"),
        }
    assert [f"{key}={value}" in text.split() for key, value in overrides.items()] == [True] * len(overrides)


@pytest.mark.parametrize("recipe", [recipe for recipe in EXPORTS if recipe.parts[1] == "gptq"], ids=str)
def test_a_quantization_says_how_its_result_is_cleaned(recipe: Path) -> None:
    command = f"`shopbench clean-quantized --model {read(recipe)['export_dir']}`"
    assert command in (PROJECT / recipe).read_text(encoding="utf-8")


@pytest.mark.parametrize("recipe", TRAINING + EXPORTS, ids=str)
def test_what_a_recipe_names_is_in_the_project(recipe: Path) -> None:
    settings = read(recipe)
    if recipe in TRAINING:
        assert settings["dataset_dir"] == "."
        assert settings["dataset"] in json.loads((PROJECT / "dataset_info.json").read_text())
    if "deepspeed" in settings:
        json.loads((PROJECT / str(settings["deepspeed"])).read_text())


@pytest.mark.parametrize("recipe", PREDICTION, ids=str)
def test_shopbench_predict_accepts_a_prediction_recipe(recipe: Path) -> None:
    settings = read_settings(merge(PROJECT / recipe), PredictSettings)
    read_preset(settings.preset)
    for file in (settings.input, settings.development_set):
        assert (PROJECT / str(file)).is_file()


@pytest.mark.parametrize("recipe", SWEEPS, ids=str)
def test_shopbench_sweep_accepts_a_sweep_recipe(recipe: Path) -> None:
    settings = read_settings(merge(PROJECT / recipe), SweepSettings)
    settings.check()
    read_preset(settings.preset)
    assert all((PROJECT / str(file)).is_file() for file in (settings.input, settings.development_set))
    grid = len(settings.weights or settings.candidates) * len(settings.scales)
    assert grid < len(list_candidates(settings)) <= 1 + grid * len(settings.methods)


@pytest.mark.parametrize(
    ("track", "model", "preset"),
    [
        ("track1", "qwen2_72b", "track1-fewshot"),
        ("track3", "qwen2_72b_untrained", "mix-fewshot"),
        ("track5", "qwen2_72b", "fewshot"),
    ],
)
def test_a_track_uses_the_papers_model_and_demonstrations(track: str, model: str, preset: str) -> None:
    prediction = read(Path(f"llamafactory_configs/predict/{track}.yaml"))
    quantizing = read(Path(f"llamafactory_configs/gptq/{model}_int4.yaml"))
    assert (prediction["model"], prediction["preset"]) == (quantizing["export_dir"], preset)


@pytest.mark.parametrize("model", ["qwen2_72b", "qwen2_7b"])
def test_a_merge_takes_the_adapter_that_the_training_writes(model: str) -> None:
    merge = read(Path(f"llamafactory_configs/export/{model}_merge.yaml"))
    written = {read(recipe)["output_dir"] for recipe in TRAINING if recipe.name.startswith(f"{model}_")}
    assert merge["adapter_name_or_path"] in written


@pytest.mark.slow
@pytest.mark.xdist_group("vllm")
@pytest.mark.parametrize("recipe", TRAINING, ids=str)
def test_llamafactory_accepts_a_training_recipe(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsed as by a process that its command starts; only what a machine without a GPU refuses is switched off."""
    from llamafactory.hparams import get_train_args

    monkeypatch.chdir(PROJECT)
    if "FORCE_TORCHRUN" in (PROJECT / recipe).read_text(encoding="utf-8"):
        for name, value in {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1"}.items():
            monkeypatch.setenv(name, value)
        with socket.create_server(("127.0.0.1", 0)) as free:
            monkeypatch.setenv("MASTER_PORT", str(free.getsockname()[1]))
    settings = read(recipe)
    changes = {"use_cpu": True, "pure_bf16": False, "enable_liger_kernel": True}
    model, data, training, finetuning, _ = get_train_args(settings | changes)
    assert model.model_name_or_path == settings["model_name_or_path"]
    assert data.template == settings.get("template")  # none: the chat template of the tokenizer
    assert training.output_dir == settings["output_dir"]
    assert finetuning.lora_rank == settings.get("lora_rank", 8)


@pytest.mark.slow
@pytest.mark.xdist_group("vllm")
@pytest.mark.parametrize("recipe", EXPORTS, ids=str)
def test_llamafactory_accepts_an_export_recipe(recipe: Path) -> None:
    from llamafactory.hparams import get_infer_args

    settings = read(recipe)
    model, data, _, _ = get_infer_args(settings)
    assert (model.export_dir, data.template) == (settings["export_dir"], settings.get("template"))
    assert model.export_quantization_dataset == settings.get("export_quantization_dataset")
