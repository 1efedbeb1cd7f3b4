"""Blended adapters change the base by exactly what their settings say."""

import json
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.blend import BlendSettings, blend_adapters


class Base(torch.nn.Module):
    """Two layers in a block, as deep as a name with dots needs."""

    def __init__(self) -> None:
        super().__init__()
        self.config = {"model_type": "custom"}
        self.block = torch.nn.Module()
        self.block.first = torch.nn.Linear(12, 10, bias=False)
        self.block.second = torch.nn.Linear(10, 8, bias=False)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.block.second(self.block.first(inputs))


def make_adapter(folder: Path, seed: int, *, base: str = "shop/base", **config) -> Path:
    torch.manual_seed(seed)
    settings = {
        "r": 4,
        "lora_alpha": 8,
        "target_modules": ["first", "second"],
        "base_model_name_or_path": base,
    } | config
    model = get_peft_model(Base(), LoraConfig(**settings, init_lora_weights=False))
    model.save_pretrained(folder)
    config_file = folder / "adapter_config.json"
    config_file.write_text(json.dumps(json.loads(config_file.read_text()) | {"base_model_name_or_path": base}))
    return folder


def read_updates(folder: Path) -> dict[str, torch.Tensor]:
    """Return what an adapter adds to each layer of a base of zeros."""
    base = Base()
    for parameter in base.parameters():
        torch.nn.init.zeros_(parameter)
    merged = PeftModel.from_pretrained(base, folder).merge_and_unload()
    return {name: tensor.detach() for name, tensor in merged.named_parameters()}


@pytest.fixture
def adapters(tmp_path: Path) -> tuple[Path, Path]:
    return make_adapter(tmp_path / "a", 1), make_adapter(tmp_path / "b", 2)


def blend(
    tmp_path: Path, adapters: tuple[Path, ...], weights: tuple[float, ...], **settings
) -> dict[str, torch.Tensor]:
    output = tmp_path / "blend"
    blend_adapters(BlendSettings(adapters=adapters, weights=weights, **settings), output)
    return read_updates(output)


@pytest.mark.parametrize("settings", [{"method": "cat"}, {"method": "svd", "rank": 8}])
def test_cat_and_full_svd_are_the_weighted_sum_of_the_updates(adapters, tmp_path, settings) -> None:
    first, second = map(read_updates, adapters)
    blended = blend(tmp_path, adapters, (0.7, 0.3), **settings)
    for name, update in blended.items():
        torch.testing.assert_close(update, 0.7 * first[name] + 0.3 * second[name], atol=1e-5, rtol=1e-4)


def test_rank_stabilized_adapters_keep_their_scaling(tmp_path) -> None:
    adapters = tuple(make_adapter(tmp_path / str(seed), seed, use_rslora=True) for seed in (1, 2))
    first, second = map(read_updates, adapters)
    blended = blend(tmp_path, adapters, (0.5, 0.5), method="cat")
    for name, update in blended.items():
        torch.testing.assert_close(update, (first[name] + second[name]) / 2, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("scale", [0.0, 0.6, 1.0])
def test_scale_interpolates_between_base_and_adapter(adapters, tmp_path, scale) -> None:
    tuned = read_updates(adapters[0])
    for name, update in blend(tmp_path, adapters[:1], (1.0,), scale=scale).items():
        torch.testing.assert_close(update, scale * tuned[name])


def test_linear_merges_the_factors_and_keeps_the_rank(adapters, tmp_path) -> None:
    blend(tmp_path, adapters, (0.5, 0.5))
    tensors = load_file(tmp_path / "blend" / "adapter_model.safetensors")
    assert {shape for name, tensor in tensors.items() if "lora_A" in name for shape in tensor.shape[:1]} == {4}
    assert (
        json.loads((tmp_path / "blend" / "adapter_config.json").read_text())["base_model_name_or_path"] == "shop/base"
    )


@pytest.mark.parametrize("method", ["ties", "ties_svd", "dare_linear", "dare_ties", "magnitude_prune"])
def test_the_pruning_methods_give_the_same_from_the_same_seed(adapters, tmp_path, method) -> None:
    first = blend(tmp_path, adapters, (0.5, 0.5), method=method)
    second = blend(tmp_path, adapters, (0.5, 0.5), method=method)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(update.abs().sum() > 0 for update in first.values())


def test_adapters_of_several_bases_are_refused(adapters, tmp_path) -> None:
    other = make_adapter(tmp_path / "other", 3, base="shop/another")
    with pytest.raises(ShopBenchError, match=r"other: was trained on shop/another, but .*a on shop/base"):
        blend(tmp_path, (adapters[0], other), (0.5, 0.5))
    assert not (tmp_path / "blend").exists()


def test_a_checkpoint_without_an_adapter_is_one_line(tmp_path) -> None:
    (tmp_path / "checkpoint-8").mkdir()
    with pytest.raises(ShopBenchError) as caught:
        blend(tmp_path, (tmp_path / "checkpoint-8",), (1.0,))
    file = tmp_path / "checkpoint-8" / "adapter_config.json"
    missing = "cannot be read (No such file or directory); pass the output folder of the training"
    assert str(caught.value) == f"{file}: {missing}"
    assert not (tmp_path / "blend").exists()


def test_unequal_ranks_are_refused_where_the_method_needs_equal_ones(adapters, tmp_path) -> None:
    large = make_adapter(tmp_path / "large", 3, r=6)
    with pytest.raises(ShopBenchError, match="--method linear: the adapters' ranks are 4, 6; use svd or cat"):
        blend(tmp_path, (adapters[0], large), (0.5, 0.5))
    assert blend(tmp_path, (adapters[0], large), (0.5, 0.5), method="svd")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"use_dora": True}, "is a DoRA adapter"),
        ({"modules_to_save": ["second"]}, r"contains fully trained layers \(second\)"),
    ],
)
def test_what_is_no_plain_lora_is_refused(tmp_path, config, reason) -> None:
    targets = {"target_modules": ["first"]}
    adapter = make_adapter(tmp_path / "odd", 1, **targets, **config)
    with pytest.raises(ShopBenchError, match=reason):
        blend(tmp_path, (adapter,), (1.0,))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--weights", "1,2,3"], "--weights: 3 for 2 adapters; pass one for each --adapter"),
        (
            ["--weights", "0,0"],
            "--weights: all are 0, which leaves the base unchanged; pass at least one that is not 0",
        ),
        (["--weights", "1,many"], "--weights: 'many' is not a number; write numbers such as 0.7,0.3"),
    ],
)
def test_weights_that_do_not_fit_are_one_line(adapters, tmp_path, arguments, message) -> None:
    named = [part for folder in adapters for part in ("--adapter", str(folder))]
    done = CliRunner().invoke(app, ["blend", *named, "--output", str(tmp_path / "out"), *arguments])
    assert str(done.exception) == message
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_it_wrote(adapters, tmp_path) -> None:
    named = [part for folder in adapters for part in ("--adapter", str(folder))]
    output = tmp_path / "out"
    done = CliRunner().invoke(app, ["blend", *named, "--weights", "0.5,0.5", "--scale", "0.6", "--output", str(output)])
    assert done.output == f"{output}: blended 2 adapters (linear, scale 0.6)\n"
