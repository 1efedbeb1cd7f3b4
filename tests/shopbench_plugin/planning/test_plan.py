"""What a model needs, and what GPUs can do with it: the paper's figures from the config alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.planning.cards import parse_cards
from shopbench_plugin.planning.description import describe_plan, list_vllm_flags
from shopbench_plugin.planning.memory import Quantization, count_cache_bytes, count_weight_bytes
from shopbench_plugin.planning.plan import Plan, make_plan
from shopbench_plugin.planning.shapes import BUILT_IN, find_shape
from shopbench_plugin.planning.splitting import Split, check_split, find_padded_width
from shopbench_plugin.planning.training import choose_recipe

PROJECT = Path(__file__).resolve().parents[3]
QWEN2_72B = BUILT_IN["qwen2-72b"]


def plan_72b(quantization: Quantization, cards: str = "4x16", context: int = 2048) -> Plan:
    return make_plan(QWEN2_72B, parse_cards(cards), quantization, context)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("Qwen2-0.5B", 494_032_768),
        ("Qwen2-7B-Instruct", 7_615_616_512),
        ("Qwen/Qwen2-72B-Instruct", 72_706_203_648),
        ("Qwen2.5-3B", 3_085_938_688),
        ("qwen2.5-14b", 14_770_033_664),
        ("Qwen2.5-32B", 32_763_876_352),
        ("Qwen3-0.6B", 596_049_920),
        ("Qwen3-8B", 8_190_735_360),
        ("Qwen3-32B", 32_762_123_264),
    ],
)
def test_the_built_in_numbers_make_the_published_parameter_counts(name: str, parameters: int) -> None:
    assert find_shape(name).parameters == parameters


@pytest.mark.parametrize(
    ("model", "positions"),
    [("Qwen2-7B", 32768), ("Qwen2-72B", 32768), ("Qwen2.5-0.5B", 32768), ("Qwen3-8B", 40960)],
)
def test_a_longer_context_than_the_models_is_refused(model: str, positions: int) -> None:
    shape, cards = find_shape(model), parse_cards("8x80")
    assert make_plan(shape, cards, Quantization.NONE, positions).fits
    with pytest.raises(
        ShopBenchError, match=f"--context {positions + 1}: {shape.name} accepts at most {positions} tokens; pass that"
    ):
        make_plan(shape, cards, Quantization.NONE, positions + 1)


@pytest.mark.parametrize(("name", "billions"), [("SmolLM2-1.7B", 1.7), ("meta-llama/Llama-3.1-8B-Instruct", 8.0)])
def test_small_and_large_llamas_are_known_by_name(name: str, billions: float) -> None:
    assert round(find_shape(name).parameters / 1e9, 1) == billions


def test_72b_in_16_bits_is_the_papers_144_gb_and_does_not_fit_four_t4() -> None:
    plan = plan_72b(Quantization.NONE)
    assert plan.serving is not None
    assert round(plan.serving.weights / 1e9, 1) == 145.4
    assert not plan.fits


def test_72b_in_4_bits_is_the_papers_41_gb_and_fits_four_t4() -> None:
    plan = plan_72b(Quantization.GPTQ_INT4)
    assert plan.serving is not None
    assert round(plan.serving.weights / 1e9, 1) == 41.6
    assert plan.serving.split == Split(4, padded_width=29696)
    assert plan.fits


def test_the_papers_48_gb_are_reached_with_eight_questions_of_1200_tokens() -> None:
    plan = plan_72b(Quantization.GPTQ_INT4)
    assert plan.serving is not None
    assert round(plan.serving.count_in_use(8, 1200) / 1e9) == 48


def test_4_bits_of_the_unpadded_72b_are_a_little_less() -> None:
    assert round(count_weight_bytes(QWEN2_72B, Quantization.GPTQ_INT4) / 1e9, 1) == 41.5


def test_a_token_of_72b_keeps_320_kib_of_keys_and_values() -> None:
    assert count_cache_bytes(QWEN2_72B) == 2 * 80 * 8 * 128 * 2 == 320 * 1024


def test_more_gpus_than_key_value_heads_keep_them_several_times() -> None:
    assert count_cache_bytes(BUILT_IN["qwen2-7b"], gpus=7) == 2 * 28 * 7 * 128 * 2


@pytest.mark.parametrize(
    ("width", "gpus", "padded"),
    [(29568, 2, 29696), (29568, 4, 29696), (29568, 8, 29696), (29568, 1, 29568), (18944, 4, 18944), (13824, 8, 14336)],
)
def test_a_width_grows_to_the_next_with_whole_groups_on_every_gpu(width: int, gpus: int, padded: int) -> None:
    assert find_padded_width(width, gpus) == padded


@pytest.mark.parametrize(
    ("model", "gpus", "quantization", "split"),
    [
        ("qwen2-72b", 8, Quantization.NONE, Split(8)),
        ("qwen2-72b", 8, Quantization.GPTQ_INT4, Split(8, padded_width=29696)),
        ("qwen2-72b", 1, Quantization.GPTQ_INT4, Split(1)),
        ("qwen2-7b", 4, Quantization.GPTQ_INT4, Split(4)),
        ("qwen2-7b", 8, Quantization.GPTQ_INT4, Split(8, "28 attention heads are not divisible by 8")),
        ("qwen2.5-32b", 8, Quantization.GPTQ_INT4, Split(8)),
        ("qwen2.5-14b", 8, Quantization.GPTQ_INT4, Split(8, padded_width=14336)),
        ("qwen2-72b", 3, Quantization.NONE, Split(3, "64 attention heads are not divisible by 3")),
    ],
)
def test_which_splits_work(model: str, gpus: int, quantization: Quantization, split: Split) -> None:
    assert check_split(BUILT_IN[model], gpus, quantization) == split


def test_a_longer_context_lets_fewer_requests_run() -> None:
    short, long = (plan_72b(Quantization.GPTQ_INT4, context=context).serving for context in (2048, 8192))
    assert short is not None
    assert long is not None
    assert (short.requests, long.requests) == (23, 5)


def test_the_fewest_gpus_that_suffice_are_taken() -> None:
    plan = make_plan(BUILT_IN["qwen2-7b"], parse_cards("4x24"), Quantization.NONE, 2048)
    assert plan.serving is not None
    assert plan.serving.split.gpus == 1


def test_a_t4_is_served_in_float16() -> None:
    plan = plan_72b(Quantization.GPTQ_INT4, "4xt4")
    assert plan.serving is not None
    assert list_vllm_flags(plan.serving, plan.cards)[:3] == [
        "--tensor-parallel-size 4",
        "--dtype float16",
        "--max-model-len 2048",
    ]


@pytest.mark.parametrize(
    ("model", "cards", "recipe"),
    [
        ("qwen2-72b", "8x80", "sft/qwen2_72b_lora_zero3.yaml"),
        ("qwen2-72b", "2x80", "sft/qwen2_72b_qlora.yaml"),
        ("qwen2-7b", "1x24", "sft/qwen2_7b_lora.yaml"),
        ("qwen2-7b", "1x16", "sft/qwen2_7b_qlora.yaml"),
        ("qwen2-0.5b", "1x16", "sft/qwen2_0_5b_lora.yaml"),
        ("qwen3-4b", "1x24", "sft/qwen3_4b_lora.yaml"),
        ("qwen2-72b", "4x16", None),
        ("qwen2.5-7b", "1x24", "sft/qwen2_5_7b_lora.yaml"),
        ("qwen2.5-72b", "8x80", "sft/qwen2_5_72b_lora_zero3.yaml"),
        ("qwen2.5-72b", "2x80", "sft/qwen2_72b_qlora.yaml"),
        ("qwen3-8b", "1x32", "sft/qwen3_8b_lora.yaml"),
        ("qwen3-32b", "4x48", "sft/qwen3_32b_lora_zero3.yaml"),
        ("qwen3-14b", "1x80", "sft/qwen2_7b_lora.yaml"),
    ],
)
def test_the_fastest_training_recipe_that_fits_is_named(model: str, cards: str, recipe: str | None) -> None:
    chosen = choose_recipe(BUILT_IN[model], parse_cards(cards))
    assert (chosen and chosen.path) == recipe


@pytest.mark.parametrize("model", sorted(BUILT_IN))
@pytest.mark.parametrize("cards", ["1x80", "8x80"])
def test_a_training_command_trains_the_model_into_a_folder_of_its_own(model: str, cards: str) -> None:
    plan = make_plan(BUILT_IN[model], parse_cards(cards), Quantization.NONE, 256)
    [command] = [line.split(" (")[0] for line in describe_plan(plan) if line.startswith("train: llamafactory-cli")]
    recipe, *overrides = command.removeprefix("train: llamafactory-cli train ").split()
    if yaml.safe_load((PROJECT / recipe).read_text())["model_name_or_path"] == plan.shape.name:
        assert overrides == []
    else:
        template = [] if plan.shape.name.startswith("Qwen/Qwen2") else ["template=null"]
        assert overrides == [f"model_name_or_path={plan.shape.name}", "output_dir=ADAPTER_FOLDER", *template]


def test_the_description_says_where_and_why_it_differs_from_the_paper() -> None:
    lines = list(describe_plan(plan_72b(Quantization.NONE)))
    assert lines[-1] == (
        "The paper says about 144 GB of weights, here 145.4: "
        "it counts 72 billion parameters, the config has 72.7 billion."
    )
    assert any(line.endswith("try --quant gptq-int4") for line in lines)


def test_the_description_names_the_padding_and_the_recipe() -> None:
    text = "\n".join(describe_plan(plan_72b(Quantization.GPTQ_INT4)))
    assert (
        "  1: divides\n  2: divides after padding the MLP to 29696: "
        "shopbench pad --model MERGED_FOLDER --output PADDED_FOLDER --gpus 2\n"
    ) in text
    assert "quantize: llamafactory-cli export llamafactory_configs/gptq/qwen2_72b_int4.yaml" in text


@pytest.mark.parametrize(
    ("model", "command"),
    [
        ("qwen2-7b", "qwen2_7b_int4.yaml"),
        ("qwen3-8b", "qwen2_7b_int4.yaml model_name_or_path=MERGED_FOLDER export_dir=GPTQ_FOLDER template=null"),
        ("qwen2.5-72b", "qwen2_72b_int4.yaml model_name_or_path=PADDED_FOLDER export_dir=GPTQ_FOLDER"),
    ],
)
def test_another_model_than_the_recipes_is_quantized_in_folders_of_its_own(model: str, command: str) -> None:
    plan = make_plan(BUILT_IN[model], parse_cards("4x16"), Quantization.GPTQ_INT4, 256)
    [line] = [line for line in describe_plan(plan) if line.startswith("quantize")]
    assert line.replace(" export_quantization_dataset=CALIBRATION_FILE", "") == (
        f"quantize: llamafactory-cli export llamafactory_configs/gptq/{command}"
    )


def test_a_model_of_odd_widths_is_planned_in_the_groups_that_it_is_quantized_in() -> None:
    plan = make_plan(BUILT_IN["smollm2-135m"], parse_cards("3x24"), Quantization.GPTQ_INT4, 2048)
    lines = list(describe_plan(plan))
    assert lines[1] == "3 x 24 GB GPU = 72 GB, bfloat16, weights: GPTQ-Int4, groups of 64"
    assert [split.is_possible for split in plan.splits] == [True, False, True]
    assert any(line.startswith("quantize: SHOPBENCH_GUARD=1 llamafactory-cli export ") for line in lines)


def test_padding_counts_with_the_groups_that_the_padded_model_gets() -> None:
    odd = replace(BUILT_IN["qwen2-7b"], heads=32, hidden_size=4096, intermediate_size=8256)
    assert odd.gptq.group_size == 64
    split = check_split(odd, 8, Quantization.GPTQ_INT4)
    assert split == Split(8, padded_width=9216)
    assert split.apply(odd).gptq.group_size == 128
    narrow = replace(BUILT_IN["smollm2-135m"], intermediate_size=1600)
    text = "\n".join(describe_plan(make_plan(narrow, parse_cards("3x24"), Quantization.GPTQ_INT4, 2048)))
    pad = "shopbench pad --model MERGED_FOLDER --output PADDED_FOLDER --gpus 3 --group-size 64"
    assert f"divides after padding the MLP to 1728: {pad}\n" in text


def test_a_model_without_a_group_that_fits_is_refused_only_in_4_bits() -> None:
    odd = replace(BUILT_IN["qwen2-0.5b"], hidden_size=900)
    assert make_plan(odd, parse_cards("1x24"), Quantization.NONE, 2048).fits
    with pytest.raises(ShopBenchError, match=r"Instruct: its widths are not multiples of 32, .*; use --quant none$"):
        make_plan(odd, parse_cards("1x24"), Quantization.GPTQ_INT4, 2048)


def test_an_unknown_model_is_answered_with_a_close_one() -> None:
    with pytest.raises(ShopBenchError, match=r"unknown model 'qwen2-71b', did you mean 'qwen2-7b'"):
        find_shape("Qwen2-71B")


def test_an_unknown_model_may_be_given_as_a_folder() -> None:
    with pytest.raises(
        ShopBenchError, match=r"^unknown model 'missing'; Known: .*; or pass the path of a model folder$"
    ):
        find_shape("missing")
