"""Every mistake that `shopbench check` knows, on a recipe that is right but for it; docs/checking.md lists them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from shopbench_plugin.llamafactory.checks.facts import gather_facts
from shopbench_plugin.llamafactory.checks.recipe import Recipe, read_settings
from shopbench_plugin.llamafactory.checks.registry import check_recipe, find_all
from tests.shopbench_plugin.llamafactory.right_recipes import (
    ROWS,
    find_problem,
    merge,
    quantize,
    set_up_project,
    train,
    write_base,
    write_dataset,
)

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a right project."""
    return set_up_project(tmp_path, monkeypatch)


@pytest.mark.parametrize("write", [train, merge, quantize])
def test_a_right_recipe_passes_without_a_warning(write: Write) -> None:
    assert check_recipe(write()) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"do_train": None}, "'do_train' is missing, so LlamaFactory would exit without training; set do_train: true"),
        ({"lora_target": "q_proj,v_porj"}, "'lora_target': base has no layer 'v_porj', did you mean 'v_proj'?"),
        ({"additional_target": "embeds"}, "'additional_target': base has no layer 'embeds', did you mean"),
        ({"resume_from_checkpoint": "gone"}, "'resume_from_checkpoint': no such folder: gone"),
        ({"val_size": 0.1, "eval_dataset": "shop"}, "'eval_dataset', 'val_size': LlamaFactory rejects this: Cannot"),
        (
            {"eval_strategy": "steps"},
            "'eval_strategy': LlamaFactory rejects this: Please make sure eval_dataset be provided or val_size",
        ),
        (
            {"do_eval": True},
            "'do_eval': LlamaFactory rejects this: Please make sure eval_dataset be provided or val_size",
        ),
        (
            {"load_best_model_at_end": True},
            "'load_best_model_at_end': transformers rejects this: load_best_model_at_end requires the save and",
        ),
        (
            {"load_best_model_at_end": True, "eval_strategy": "epoch", "val_size": 0.1},
            "'load_best_model_at_end', 'eval_strategy': transformers rejects this: load_best_model_at_end requires",
        ),
        ({"streaming": True}, "'streaming': LlamaFactory rejects this: Please specify max_steps in streaming mode."),
        (
            {"streaming": True, "max_steps": 9, "val_size": 0.1},
            "'streaming', 'val_size': LlamaFactory rejects this: Streaming mode should have an integer val size.",
        ),
        (
            {"quantization_bit": 4, "finetuning_type": "full"},
            "'quantization_bit', 'finetuning_type': LlamaFactory rejects this: Quanti",
        ),
        (
            {"quantization_bit": 5},
            "'quantization_bit': LlamaFactory rejects this: Bitsandbytes only accepts 4-bit or 8-bit",
        ),
        ({"use_galore": True}, "'use_galore': LlamaFactory rejects this: Cannot use LoRA with GaLore, APOLLO or BAdam"),
        (
            {"fp16": True, "bf16": True, "use_cpu": False},
            "'bf16', 'use_cpu': transformers rejects this: Your setup doesn't support bf16/gpu. You need to assign",
        ),
        ({"fp16": True}, "'fp16' needs a GPU (accelerate refuses it on a CPU); set fp16: false"),
        ({"bf16": True, "use_cpu": False}, "'bf16', 'use_cpu': transformers rejects this: Your setup doesn't"),
        ({"pure_bf16": True}, "'pure_bf16': LlamaFactory rejects this: This device does not support pure_bf16."),
        ({"optim": "adamw_troch"}, "'optim': unknown value 'adamw_troch', did you mean 'adamw_torch'?"),
        ({"lr_scheduler_type": "cosin"}, "'lr_scheduler_type': unknown value 'cosin', did you mean 'cosine'?"),
        (
            {"do_predict": True, "eval_dataset": "shop"},
            "'do_predict': LlamaFactory rejects this: Please enable predict_with_",
        ),
        ({"deepspeed": "dataset.json"}, "'deepspeed': no such file: dataset.json; fix the path"),
        ({"deepspeed": "calibration.txt"}, "'deepspeed': calibration.txt is not a JSON object"),
        ({"per_device_train_batch_size": 0}, "'per_device_train_batch_size' is 0, but must be greater than 0"),
        (
            {"use_unsloth": True},
            "'use_unsloth': requires the package unsloth, which is not installed; install it with pip",
        ),
        (
            {"report_to": "wandb"},
            "'report_to': requires the package wandb, which is not installed; install it with pip",
        ),
        (
            {"neat_packing": True, "flash_attn": "fa2", "per_device_train_batch_size": 2},
            "'per_device_train_batch_size' must be 1 with neat_packing and flash_attn: fa2",
        ),
        ({"dataset": None}, "'do_train': LlamaFactory rejects this: Please specify dataset for training."),
        ({"output_dir": 7}, "'output_dir' is 7, but must be text; quote it"),
        (
            {"output_dir": "base", "overwrite_output_dir": True},
            "'output_dir': base is the folder of model_name_or_path: its files would be mixed with the model's",
        ),
    ],
)
def test_a_wrong_training_is_refused(changes: dict[str, object], problem: str) -> None:
    Path("calibration.txt").write_text("stage: 3")
    assert find_problem(train(**changes)).startswith(problem)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (
            {"columns": {"prompts": "instruction", "query": "input", "response": "output"}},
            "dataset_info.json: dataset 'shop': unknown key 'prompts' in 'columns', did you mean 'prompt'?",
        ),
        (
            {"columns": {"prompt": "instruction"}},
            "dataset_info.json: dataset 'shop': 'columns' has no 'response', so rows have no answer; add it",
        ),
        (
            {"columns": {"prompt": "instruction", "response": "answer"}},
            "shop.jsonl: no column 'answer', which dataset 'shop' uses as 'response'; the file has instruction, inp",
        ),
        (
            {"columns": {}, "formatting": "sharegpt"},
            "shop.jsonl: no column 'conversations', which dataset 'shop' uses as 'messages'; its rows are in alpaca",
        ),
        ({"formatting": "chatml"}, "dataset_info.json: dataset 'shop': unknown formatting 'chatml'; use one of alpaca"),
        ({"colums": {}}, "dataset_info.json: dataset 'shop': unknown key 'colums', did you mean 'columns'?"),
        ({"file_name": None}, "dataset_info.json: dataset 'shop' has no 'file_name'; set it to the dataset's file"),
        ({"tags": {"roletag": "role"}}, "dataset_info.json: dataset 'shop': unknown key 'roletag' in 'tags', did"),
        ({"ranking": True}, "dataset_info.json: dataset 'shop': 'ranking' is for the stages rm and dpo, not sft"),
    ],
)
def test_a_wrong_entry_is_refused(entry: dict[str, object], problem: str, project: Path) -> None:
    if entry.get("formatting") == "sharegpt":
        entry = {"columns": {"messages": "conversations"}, "formatting": "sharegpt"}
    write_dataset(project, **entry)
    assert find_problem(train()).startswith(problem)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("shop.jsonl", "", "shop.jsonl: the file of dataset 'shop' is empty; run `shopbench convert` again"),
        ("shop.json", "[]", "shop.json: the file of dataset 'shop' has no rows; run `shopbench convert` again"),
        ("shop.xlsx", "x", "shop.xlsx: LlamaFactory can't load files with this extension; use one of .arrow, .csv"),
        (
            "shop.txt",
            json.dumps(ROWS),
            "shop.txt: contains JSON, but .txt files are loaded as plain text, line by line; rename",
        ),
        ("shop.json", "[1, 2]", "shop.json:1: not valid JSON (unexpected content after document: line 1 column 2"),
        (
            "shop.jsonl",
            "{'a': 1}\n",
            "shop.jsonl:1: not valid JSON (unexpected character, expected a string key: line 1 column 2 (char 1)",
        ),
        (
            "shop.jsonl",
            json.dumps(ROWS[0] | {"task": "Sentiment_Analysis", "options": "['yes']", "output": "yes"}),
            "shop.jsonl: contains unconverted ECInstruct rows, which would train without their options; convert",
        ),
        (
            "shop.jsonl",
            json.dumps({"conversations": [{"from": "human", "value": "Hi"}]}),
            "shop.jsonl: no column 'instruction', which dataset 'shop' uses as 'prompt'; its rows are dialogues: set",
        ),
        (
            "shop.jsonl",
            json.dumps(ROWS[0] | {"output": 5}),
            "shop.jsonl: 1 of the first 1 rows have no text in 'output'",
        ),
    ],
)
def test_a_wrong_file_is_refused(name: str, text: str, problem: str, project: Path) -> None:
    write_dataset(project, " " if text == "" else text, name)
    if not text:
        (project / name).write_text("")
    assert find_problem(train()).startswith(problem)


def test_roles_that_no_tag_names_are_refused(project: Path) -> None:
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    entry = {"columns": {"messages": "conversations"}, "formatting": "sharegpt"}
    write_dataset(project, [{"conversations": turns}], **entry)
    assert find_problem(train()).startswith(
        "shop.jsonl: turns have role, content, not 'from' and 'value'; set role_tag"
    )
    tags = {"role_tag": "role", "content_tag": "content"}
    write_dataset(project, [{"conversations": turns}], tags=tags, **entry)
    assert find_problem(train()).startswith("shop.jsonl: the first turn's 'role' is 'user', which matches no tag")
    write_dataset(
        project, [{"conversations": turns}], tags=tags | {"user_tag": "user", "assistant_tag": "assistant"}, **entry
    )
    assert check_recipe(train()) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"export_dir": "./base"},
            "'export_dir': ./base is the folder of model_name_or_path: its files would be mixed with the model's",
        ),
        (
            {"quantization_bit": 4},
            "'quantization_bit' is for training; remove it (to export a 4-bit model, set export_quantiz",
        ),
        (
            {"adapter_name_or_path": "adapter"},
            "'adapter_name_or_path', 'export_quantization_bit': LlamaFactory rejects this: Please merge adapters",
        ),
        (
            {"export_quantization_dataset": None},
            "'export_quantization_dataset' is missing; write it with",
        ),
        (
            {"export_quantization_dataset": "gone.jsonl"},
            "'export_quantization_dataset': no such file: gone.jsonl;",
        ),
        ({"export_quantization_dataset": "shop.jsonl"}, "shop.jsonl: has no column 'text' for calibration; write it"),
        ({"export_quantization_maxlen": 4000}, "calibration.jsonl: no text is longer than export_quantization_maxlen"),
    ],
)
def test_a_wrong_quantization_is_refused(changes: dict[str, object], problem: str, project: Path) -> None:
    (project / "adapter").mkdir()
    (project / "adapter" / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    save_file({"x.lora_A": np.zeros((1, 1), np.float16)}, project / "adapter" / "adapter_model.safetensors")
    assert find_problem(quantize(**changes)).startswith(problem)


def test_a_quantized_base_is_not_quantized_again(project: Path) -> None:
    write_base(project / "base", quantization_config={"bits": 4, "quant_method": "gptq"})
    assert "base: is already quantized; set model_name_or_path to the merged model" in find_problem(quantize())


def test_zero_3_on_a_quantized_base_is_refused(project: Path) -> None:
    write_base(project / "base", quantization_config={"bits": 4, "quant_method": "gptq"})
    assert "DeepSpeed ZeRO-3 or FSDP is incompatible with PTQ" in find_problem(train(deepspeed="zero3.json"))
    write_base(project / "base", quantization_config={"quant_method": "fp8"})  # which LlamaFactory dequantizes
    assert check_recipe(train(deepspeed="zero3.json")) == []


def test_zero_3_goes_with_bitsandbytes_in_4_bits_alone() -> None:
    assert check_recipe(train(deepspeed="zero3.json", quantization_bit=4)) == []
    problem = "Only 4-bit quantized model can use fsdp+qlora or auto device map."
    assert problem in find_problem(train(deepspeed="zero3.json", quantization_bit=8))
    assert problem in find_problem(train(deepspeed={"zero_optimization": {"stage": 3}}, quantization_bit=8))
    hqq = find_problem(train(deepspeed="zero3.json", quantization_bit=4, quantization_method="hqq"))
    assert "HQQ quantization is incompatible with DeepSpeed ZeRO-3 or FSDP." in hqq


@pytest.mark.parametrize("entry", [{"columns": {"prompt": "instruction"}}, {"formatting": "chatml"}])
def test_a_wrong_entry_is_not_followed_by_what_its_rows_lack(entry: dict[str, object], project: Path) -> None:
    write_dataset(project, **entry)
    assert "shop.jsonl" not in find_problem(train())


def test_a_hub_model_that_is_not_there_offline_is_refused_and_passes_online(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = train(model_name_or_path="Qwen/Qwen2-7B-Instruct", bf16=True, use_cpu=None)
    warnings = check_recipe(recipe)
    assert [warning.partition(":")[0] for warning in warnings] == ["'bf16'"]
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert find_problem(recipe).startswith(
        "'model_name_or_path': Qwen/Qwen2-7B-Instruct is not in the hub's cache and HF_HUB_OFFLINE is set; "
        "run `hf download Qwen/Qwen2-7B-Instruct`, or set HF_HUB_OFFLINE=0"
    )


def test_a_hub_model_in_the_cache_is_looked_at(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    snapshot = project / "hub" / "hub" / "models--Shop--Small" / "snapshots" / "1"
    snapshot.parent.mkdir(parents=True)
    write_base(snapshot)
    assert check_recipe(train(model_name_or_path="Shop/Small")) == []
    assert "has no layer 'gate'" in find_problem(train(model_name_or_path="Shop/Small", lora_target="gate"))


@pytest.mark.parametrize(
    ("epochs", "flaw", "is_over"),
    [(2, "", True), (4, "", False), (2, "no weights", False), (2, "unfinished", False)],
)
def test_an_output_whose_training_is_over_is_refused(epochs: int, flaw: str, is_over: bool, project: Path) -> None:
    checkpoint = project / "adapter" / "checkpoint-8"
    checkpoint.mkdir(parents=True)
    (checkpoint / "trainer_state.json").write_text('{"global_step": 8, "epoch": 2.0}')
    if flaw != "no weights":
        (project / "adapter" / "adapter_model.safetensors").touch()
    if flaw == "unfinished":
        (project / "adapter" / ".unfinished").touch()
    recipe = train(num_train_epochs=epochs)
    if not is_over:
        assert check_recipe(recipe) == []
        return
    assert find_problem(recipe).startswith("adapter: 'output_dir' contains a completed training run (step 8), so this")
    assert check_recipe(train(num_train_epochs=epochs, overwrite_output_dir=True)) == []


def test_checkpoints_of_other_data_are_refused(project: Path) -> None:
    (project / "adapter" / "checkpoint-8").mkdir(parents=True)
    note = project / "adapter" / ".training_data"
    note.write_text(json.dumps({"shop": "0" * 64}))
    assert find_problem(train()).startswith("adapter: its checkpoints were trained on dataset 'shop' before its file")
    assert check_recipe(train(overwrite_output_dir=True)) == []
    for unknown in ("{}", "[]", "not JSON"):
        note.write_text(unknown)
        assert check_recipe(train()) == []


def test_without_llamafactory_what_asks_it_is_left_out_and_told() -> None:
    recipe = train(lora_ranks=4, stage="sfx", dataset="shop", resume_from_checkpoint="gone")
    facts = gather_facts(Recipe(read_settings(recipe)))
    bare = replace(facts.machine, find_version=lambda package: None if package == "llamafactory" else "1")
    [left_out, problem] = find_all(replace(facts, machine=bare))
    assert left_out.is_warning
    assert left_out.text.startswith("LlamaFactory is not installed here: key names and types, templates, ")
    assert problem.text == "'resume_from_checkpoint': no such folder: gone; fix the path"


@pytest.mark.parametrize("dataset", [["shop"], "shop", " shop , shop"])
def test_names_of_datasets_are_a_list_or_separated_by_commas(dataset: object) -> None:
    assert check_recipe(train(dataset=dataset)) == []


def test_a_byte_order_mark_is_a_warning(project: Path) -> None:
    info = project / "dataset_info.json"
    info.write_bytes(b"\xef\xbb\xbf" + info.read_bytes())
    assert check_recipe(train()) == ["dataset_info.json: starts with a byte order mark; save it as UTF-8 without one"]


def test_checking_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path\n"
        "from shopbench_plugin.llamafactory.checks.registry import check_recipe\n"
        "check_recipe(Path('recipe.yaml')); print({'torch', 'transformers', 'datasets'} & set(sys.modules))"
    )
    train()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
