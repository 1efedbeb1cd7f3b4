"""Values, combinations and paths that `shopbench check` refuses, and those that it must not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.llamafactory.checks import probing
from shopbench_plugin.llamafactory.checks.registry import check_recipe
from tests.shopbench_plugin.llamafactory.right_recipes import (
    find_problem,
    merge,
    quantize,
    set_up_project,
    train,
    write_base,
    write_dataset,
)

Write = Callable[..., Path]
FREEZE = {"finetuning_type": "freeze", "lora_target": None}
EVALUATED = {"val_size": 0.5, "eval_strategy": "steps", "load_best_model_at_end": True}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a right project."""
    return set_up_project(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"flash_attn": "fa5"}, "'flash_attn': unknown value 'fa5', did you mean 'fa3'?"),
        ({"rope_scaling": "yarm"}, "'rope_scaling': unknown value 'yarm', did you mean 'yarn'?"),
        ({"save_strategy": "epochs"}, "'save_strategy': unknown value 'epochs', did you mean 'epoch'?"),
        (
            {"save_strategy": False},
            "'save_strategy': unknown value False, use one of no, steps, epoch, best (YAML reads",
        ),
        ({"fsdp": "full_shrad auto_wrap"}, "'fsdp': unknown value 'full_shrad auto_wrap', did you mean"),
        ({"ddp_backend": "ncll"}, "'ddp_backend': unknown value 'ncll', did you mean 'nccl'?"),
        ({"report_to": ["tensorbord"]}, "'report_to': unknown value 'tensorbord', did you mean 'tensorboard'?"),
        ({"log_level": "inform"}, "'log_level': unknown value 'inform', did you mean 'info'?"),
        (
            {"log_level_replica": "loud"},
            "'log_level_replica': unknown value 'loud', use one of detail, debug, info, ",
        ),
        ({"fp8": True, "fp8_backend": "tea"}, "'fp8_backend': unknown value 'tea', did you mean 'te'?"),
        ({"tool_format": "qwen99"}, "'tool_format': unknown value 'qwen99', did you mean 'qwen'?"),
        ({"adapter_name_or_path": ["a", "b"]}, "'adapter_name_or_path' must be text (commas separate several values)"),
        ({"default_system": {"a": "b"}}, "'default_system' must be text, not {'a': 'b'}"),
        ({"lr_scheduler_kwargs": [1]}, "'lr_scheduler_kwargs' must be a mapping, not [1]"),
        ({"learning_rate": "nan"}, "'learning_rate' must be a number, not 'nan'"),
        ({"quantization_bit": "4"}, "'quantization_bit' must be a whole number without quotes, not '4'"),
        ({"stage": ["sft"]}, "'stage': unknown value ['sft'], did you mean 'sft'?"),
        ({"lora_target": []}, "'lora_target' is empty; name layers of base: embed_tokens, lm_head, q_proj, v_proj"),
        ({"deepspeed": "{bad"}, "'deepspeed': {bad is not a JSON object (Expecting property name"),
        ({"max_samples": 0}, "'max_samples' is 0, but must be greater than 0"),
        ({"weight_decay": -1}, "'weight_decay' is -1, but must be 0 or greater"),
        ({"lora_dropout": 1.0}, "'lora_dropout' is 1.0, but must be at least 0 and less than 1"),
        ({"val_size": 4}, "'val_size' is 4, which leaves none of 4 rows to train on"),
        ({"val_size": 0.9}, "'val_size' is 0.9, which leaves none of 4 rows to train on"),
    ],
)
def test_a_value_that_llamafactory_does_not_have_is_refused(changes: dict[str, object], problem: str) -> None:
    assert find_problem(train(**changes)).startswith(problem)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"export_quantization_bit": 5}, "'export_quantization_bit': LlamaFactory rejects this: AutoGPTQ only accepts"),
        ({"export_quantization_bit": 0}, "'export_quantization_bit': LlamaFactory rejects this: AutoGPTQ only accepts"),
        ({"learning_rate": 1e-4}, "'learning_rate' is for training, and llamafactory-cli export rejects it; remove it"),
        ({"output_dir": "adapter"}, "'output_dir' is for training, and llamafactory-cli export rejects it; remove it"),
        ({"infer_dtype": "fp16"}, "'infer_dtype': unknown value 'fp16', use one of auto, float16, bfloat16, float32"),
        ({"export_quantization_dataset": "zero3"}, "'export_quantization_dataset': LlamaFactory can't load files with"),
    ],
)
def test_a_value_that_an_export_does_not_have_is_refused(changes: dict[str, object], problem: str) -> None:
    Path("zero3").touch()
    assert find_problem(quantize(**changes)).startswith(problem)


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_the_bits_that_gptq_has_pass(bits: int) -> None:
    assert check_recipe(quantize(export_quantization_bit=bits)) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"early_stopping_steps": 3}, "'early_stopping_steps' requires load_best_model_at_end: true and evaluations"),
        (EVALUATED | {"metric_for_best_model": "accuracy"}, "'metric_for_best_model': evaluations return only the"),
        (EVALUATED | {"save_steps": 50, "eval_steps": 20}, "'load_best_model_at_end', 'eval_strategy', 'save_steps', "),
        ({"quantization_bit": 4, "resize_vocab": True}, "'quantization_bit', 'resize_vocab': LlamaFactory rejects"),
        ({"quantization_bit": 4, "quantization_method": "awq"}, "'quantization_method': awq can't quantize a model"),
        ({"export_quantization_bit": 4}, "'export_quantization_bit' is for exports; remove it (for QLoRA, set quant"),
        ({"infer_backend": "vllm"}, "'infer_backend': LlamaFactory rejects this: vLLM/SGLang backend is only"),
        ({"stage": "pt", "neat_packing": True}, "'stage', 'neat_packing': LlamaFactory rejects this: neat_packing"),
        ({"stage": "dpo"}, "dataset_info.json: dataset 'shop': stage dpo needs pairs of answers; set ranking: true"),
        ({"stage": "kto"}, "dataset_info.json: dataset 'shop': stage kto needs a column of true and false; name it"),
        ({"dataloader_prefetch_factor": 2}, "'dataloader_prefetch_factor': transformers rejects this: "),
        ({"lr_scheduler_type": "reduce_lr_on_plateau"}, "'lr_scheduler_type': transformers rejects this: lr_sched"),
        (
            FREEZE | {"freeze_trainable_modules": "attn"},
            "'freeze_trainable_modules': base has no layer 'attn', did you",
        ),
        (
            FREEZE | {"use_llama_pro": True, "freeze_trainable_layers": 3},
            "'finetuning_type', 'use_llama_pro', 'freeze_trainable_layers': LlamaFactory rejects this: num_layers 1 sh",
        ),
        ({"fsdp": "offload"}, "'fsdp': transformers rejects this: fsdp offload can't work on its own. It needs to be"),
        ({"fsdp": ["full_shard"], "quantization_bit": 8}, "'quantization_bit', 'fsdp': LlamaFactory rejects this: Onl"),
        ({"resume_from_checkpoint": True}, "'resume_from_checkpoint' is true, but adapter has no checkpoint; remove"),
    ],
)
def test_a_combination_that_llamafactory_rejects_is_refused(changes: dict[str, object], problem: str) -> None:
    assert find_problem(train(**changes)).startswith(problem)


def test_shifted_attention_is_refused_where_the_model_or_the_installed_transformers_lacks_it(project: Path) -> None:
    assert find_problem(train(shift_attn=True)) == (
        "'shift_attn': LlamaFactory ignores this: Current model does not support shift short attention."
    )
    write_base(project / "base", model_type="llama")
    assert find_problem(train(shift_attn=True)).startswith("'shift_attn': requires the package transformers>=4.45.0,<4")
    assert check_recipe(train(shift_attn=True, model_name_or_path="meta-llama/Llama-3.2-1B")) == []


def test_a_quantized_base_is_trained_with_lora_alone(project: Path) -> None:
    write_base(project / "base", quantization_config={"bits": 4, "quant_method": "gptq"})
    assert check_recipe(train()) == []
    assert find_problem(train(finetuning_type="full", lora_target=None)) == (
        "'finetuning_type': LlamaFactory rejects this: Quantized models can only be used for the LoRA or OFT tuning."
    )
    assert "or FSDP is incompatible with PTQ-quantized models" in find_problem(train(fsdp="full_shard"))
    assert "DoRA is not compatible with PTQ-quantized models" in find_problem(train(use_dora=True))


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        (
            {"export_dir": "merged"},
            "'export_dir' has no effect in a training (llamafactory-cli export uses it); remove",
        ),
        ({"pref_loss": "simpo"}, "'pref_loss' has no effect in stage sft; remove it"),
        (FREEZE | {"lora_rank": 64, "freeze_trainable_modules": "all"}, "'lora_rank' has no effect with finetuning_"),
        ({"galore_rank": 8}, "'galore_rank' has no effect without use_galore: true; remove it"),
    ],
)
def test_a_key_of_another_stage_or_method_is_a_warning(changes: dict[str, object], warning: str) -> None:
    [found] = check_recipe(train(**changes))
    assert found.startswith(warning)


@pytest.mark.parametrize(
    "changes",
    [
        {"learning_rate": "1e-4", "fsdp": "full_shard auto_wrap", "debug": "underflow_overflow"},
        {"lora_target": ["q_proj", "v_proj"], "report_to": "none", "save_strategy": "best"},
        EVALUATED | {"save_steps": 40, "eval_steps": 20, "early_stopping_steps": 3},
        EVALUATED | {"eval_strategy": "epoch", "save_strategy": "epoch", "metric_for_best_model": "eval_loss"},
        {"stage": "pt", "packing": True},
        FREEZE | {"freeze_trainable_modules": "self_attn", "freeze_trainable_layers": 2},
        {"quantization_bit": 8, "double_quantization": False},
        {"quantization_bit": 4, "fsdp": "full_shard offload", "log_level": "passive"},
        {"fp8": True, "fp8_backend": "torchao", "log_level": "detail"},
        FREEZE | {"freeze_trainable_modules": "all", "model_name_or_path": "Qwen/Qwen2-7B-Instruct"},
        {"val_size": 3, "do_eval": True, "per_device_eval_batch_size": 4},
    ],
)
def test_values_that_llamafactory_accepts_pass(changes: dict[str, object]) -> None:
    assert check_recipe(train(**changes)) == []


@pytest.mark.parametrize("place", [".", "..", "/", "base/..", "data", "~"])
@pytest.mark.parametrize(("write", "key"), [(train, "output_dir"), (merge, "export_dir"), (quantize, "export_dir")])
def test_an_output_in_which_the_project_or_the_data_is_is_refused(
    place: str, write: Write, key: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "data").mkdir()
    write_dataset(project / "data")
    monkeypatch.setenv("HOME", str(project / "home"))
    changes: dict[str, Any] = {"dataset_dir": "data"} if write is train else {}
    problem = find_problem(write(**changes | {key: place}))
    assert problem.startswith(f"'{key}': ")
    assert place in problem


@pytest.mark.parametrize(("write", "key"), [(train, "output_dir"), (merge, "export_dir"), (quantize, "export_dir")])
def test_an_output_that_holds_the_model_or_is_no_folder_is_refused(write: Write, key: str, project: Path) -> None:
    (project / "models").mkdir()
    write_base(project / "models" / "base")
    (project / "a_file").touch()
    wrong = {
        "models": "'KEY': models contains the folder of model_name_or_path (models/base); choose a new folder such as",
        "models/base": "'KEY': models/base is the folder of model_name_or_path: its files would be mixed with the mod",
        "a_file": "'KEY': a_file is a file; choose a new folder such as outputs/model",
        "a_file/model": f"'KEY': a_file/model lies below the file {project}/a_file; choose a new folder such as",
        "x" * 256: f"'KEY': {'x' * 256} is a name too long for the file system; choose a new folder such as",
        "": "'KEY' is empty; set it to a new folder such as outputs/model",
    }
    for place, problem in wrong.items():
        found = find_problem(write(model_name_or_path="models/base", **{key: place}))
        assert problem.replace("KEY", key) in found
    for place in ("models/other", "models/base/merged", "outputs/new", str(project / "new")):
        assert check_recipe(write(model_name_or_path="models/base", **{key: place})) == []


def test_an_export_over_its_adapter_is_refused_and_a_training_may_go_on_from_its_checkpoint(project: Path) -> None:
    problem = find_problem(merge(adapter_name_or_path="run/adapter", export_dir="run"))
    assert "'export_dir': run contains the adapter's folder (run/adapter)" in problem
    write_base(project / "run" / "checkpoint-8")
    again = train(model_name_or_path="run/checkpoint-8", output_dir="run", finetuning_type="full", lora_target=None)
    assert check_recipe(again) == []


@pytest.mark.parametrize("key", ["model_name_or_path", "cache_dir", "deepspeed", "resume_from_checkpoint"])
def test_a_name_that_no_file_system_has_is_one_line(key: str) -> None:
    assert "x" * 300 + ": File name too long; fix the path" in find_problem(train(**{key: "x" * 300}))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"new_special_tokens_config": "gone.yaml"}, "'new_special_tokens_config': no such file: gone.yaml; fix the"),
        ({"cache_dir": "shop.jsonl"}, "'cache_dir': shop.jsonl is a file, not a folder; fix the path"),
        ({"resume_from_checkpoint": "base"}, "'resume_from_checkpoint': base has no trainer_state.json; name a folder"),
        ({"stage": "ppo", "reward_model": "gone"}, "'reward_model': no such model folder: gone; fix the path"),
    ],
)
def test_a_path_to_nothing_or_to_the_wrong_thing_is_refused(changes: dict[str, object], problem: str) -> None:
    assert find_problem(train(**changes)).startswith(problem)


@pytest.mark.parametrize("write", [train, merge, quantize])
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{% for message in messages %}", "can't be used (Unexpected end of template."),
        ("{{ raise_exception('first line\nsecond') }}", "can't be used (first line second)"),
        ("{% include 'other' %}", "can't be used (no loader for this environment specified)"),
        ("{{ messages[9].content }}", "can't be used (list object has no element 9)"),
        ("{% for i in range(99999999999) %}{% endfor %}", "can't be used (Range too big."),
        ("A prompt.", "leaves out the question"),
        ("{{ 'x' * 10 ** 11 }}", "can't be used (MemoryError)"),
        ("{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", "can't be used (maximum recursion depth"),
    ],
)
def test_a_chat_template_that_can_not_be_rendered_is_refused(
    source: str, reason: str, write: Write, project: Path
) -> None:
    write_chat_template(project, source)
    for template in ("qwen2", "qwen", None):
        problem = find_problem(write(template=template))
        assert problem.startswith(f"base: its chat template {reason}")
        assert problem.endswith("; copy the model's tokenizer again")


def test_a_chat_template_that_takes_too_long_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "_MOST_SECONDS", 0.2)
    loop = "{% for one in range(100000) %}" * 3 + "{% endfor %}" * 3
    write_chat_template(project, loop + "{{ messages[0].content }}")
    assert "can't be used (it took more than 0.2 s)" in find_problem(train())


def write_chat_template(project: Path, source: str) -> None:
    (project / "base" / "tokenizer_config.json").write_text(json.dumps({"chat_template": source}))


def test_a_chat_template_that_llamafactory_can_not_parse_is_refused_if_it_would(project: Path) -> None:
    no_system = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    write_chat_template(project, no_system + "{{ messages[0].content }}")
    assert "can't be used (no system)" in find_problem(train(template=None))
    assert check_recipe(train(template="qwen2")) == []


def test_a_chat_template_that_marks_the_answer_passes(project: Path) -> None:
    source = "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}"
    write_chat_template(project, source)
    assert check_recipe(train(template=None)) == []
