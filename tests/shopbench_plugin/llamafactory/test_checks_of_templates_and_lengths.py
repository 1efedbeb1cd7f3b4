"""Mistakes of `shopbench check` in the base model, its tokenizer and template, and rows too long for them."""

import json
from pathlib import Path

import pytest

from shopbench_plugin.llamafactory.checks.registry import check_recipe
from shopbench_plugin.storage.files import digest_file
from tests.shopbench_plugin.llamafactory.right_recipes import (
    find_problem,
    merge,
    quantize,
    set_up_project,
    train,
    write_base,
    write_recipe,
)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a right project."""
    return set_up_project(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("template", "start"),
    [
        ("qwen", "'template': qwen renders '<|im_start|>system\\nYou are Qwen"),
        ("llama3", "'template': llama3 renders '<|start_header_id|>user"),
        ("qwen2", ""),
        ("qwen2_shopbench", ""),
        (None, ""),
    ],
)
def test_a_template_that_renders_another_prompt_is_a_warning(template: str | None, start: str) -> None:
    assert [warning[: len(start)] for warning in check_recipe(train(template=template))] == ([start] if start else [])


def write_tokenizer(folder: Path, *special: str) -> None:
    """Write a tokenizer of single characters and these special tokens."""
    alphabet = dict(zip("<|>_abcdefghijklmnopqrstuvwxyz", range(100), strict=False))
    added = [
        {"id": 100 + number, "content": token, "special": True}
        | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
        for number, token in enumerate(special)
    ]
    model = {"type": "BPE", "vocab": alphabet, "merges": []}
    (folder / "tokenizer.json").write_text(json.dumps({"version": "1.0", "added_tokens": added, "model": model}))


@pytest.mark.parametrize("template", ["qwen2", "qwen2_shopbench", "chatml"])
def test_a_template_whose_tokens_the_tokenizer_lacks_is_refused(project: Path, template: str) -> None:
    write_tokenizer(project / "base", "<|im_start|>", "<|im_end|>")
    assert check_recipe(train(template=template, default_system="You are a helpful assistant.")) == []
    write_tokenizer(project / "base", "<|im_end|>", "<|eot_id|>")
    for write in (train, merge):
        assert find_problem(write(template=template)) == (
            f"'template': {template} needs the tokens <|im_start|>, which the tokenizer of base lacks; remove the key, "
            "or set template=null, to use the tokenizer's own chat template"
        )
    assert check_recipe(train(template=None)) == []
    [warning] = check_recipe(train(template=template, resize_vocab=True))
    assert "needs the tokens <|im_start|>" in warning
    (project / "base" / "tokenizer_config.json").unlink()
    assert find_problem(train(template=template)).endswith("which the tokenizer of base lacks; set another template")


def test_a_tied_base_trained_as_two_matrices_is_a_warning(project: Path) -> None:
    write_base(project / "base", head=None, tie_word_embeddings=True)
    (warning,) = check_recipe(train(additional_target="embed_tokens,lm_head"))
    assert warning.startswith(
        "base: has tied embeddings, and embed_tokens or lm_head is trained: the merged config.json"
    )
    assert check_recipe(train()) == []


def test_a_model_whose_config_ties_two_matrices_that_differ_is_refused(project: Path) -> None:
    write_base(project / "base", tie_word_embeddings=True)
    assert find_problem(quantize()) == (
        "base/config.json: tie_word_embeddings is true although the weights contain two different matrices; "
        "run `shopbench untie --model base`"
    )
    write_base(project / "base", head=0.0, tie_word_embeddings=True)
    assert check_recipe(quantize()) == []


def test_widths_that_no_group_of_128_divides_need_the_guard(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_base(project / "base", hidden_size=576)
    monkeypatch.delenv("SHOPBENCH_GUARD", raising=False)
    assert find_problem(quantize()) == (
        "base/config.json: its widths are not multiples of 128, LlamaFactory's GPTQ group; set SHOPBENCH_GUARD=1, as "
        "`make gptq` does, to quantize in groups of 64"
    )
    monkeypatch.setenv("SHOPBENCH_GUARD", "1")
    assert check_recipe(quantize()) == []
    write_base(project / "base", hidden_size=100)
    assert find_problem(quantize()) == (
        "base/config.json: its widths are not multiples of 32, GPTQ's smallest group; use the merged model without "
        "quantizing it"
    )


def test_an_adapter_of_an_unknown_kind_is_refused(project: Path) -> None:
    adapter = project / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text('{"peft_type": "LORAX"}')
    problem = find_problem(write_recipe({"model_name_or_path": "base", "adapter_name_or_path": "adapter"}))
    assert problem == "adapter/adapter_config.json: unknown peft_type 'LORAX'; LlamaFactory loads LORA, OFT"


def test_the_converters_count_of_long_rows_is_compared(project: Path) -> None:
    report = {"lengths": {"cutoff_len": 512, "rows": 4, "rows_over": 3}}
    (project / "shop.report.json").write_text(json.dumps(report))
    (warning,) = check_recipe(train(cutoff_len=512))
    assert warning.startswith("shop.jsonl: 3 of 4 rows exceed cutoff_len 512 and would be truncated; raise")
    (warning,) = check_recipe(train(cutoff_len=512, neat_packing=True))
    assert "would be dropped" in warning
    (warning,) = check_recipe(train(cutoff_len=256))
    assert warning == (
        "shop.jsonl: its rows were measured for a larger cutoff_len than 256; "
        "run `shopbench convert` again with --cutoff-len 256"
    )
    report["lengths"]["rows_over"] = 0
    (project / "shop.report.json").write_text(json.dumps(report))
    assert check_recipe(train(cutoff_len=1024)) == []


def test_a_report_of_other_rows_is_not_used(project: Path) -> None:
    report = {"lengths": {"cutoff_len": 512, "rows": 4, "rows_over": 3}, "digest": "0" * 64}
    (project / "shop.report.json").write_text(json.dumps(report))
    [warning] = check_recipe(train(cutoff_len=512))
    assert warning.startswith("shop.jsonl: was changed after `shopbench convert` wrote it, so the counts in its report")
    report["digest"] = digest_file(project / "shop.jsonl")
    (project / "shop.report.json").write_text(json.dumps(report))
    [warning] = check_recipe(train(cutoff_len=512))
    assert warning.startswith("shop.jsonl: 3 of 4 rows exceed cutoff_len 512")


def test_a_sample_of_rows_is_measured_with_the_tokenizer(tiny_base_model: Path) -> None:
    assert check_recipe(train(model_name_or_path=str(tiny_base_model), cutoff_len=256)) == []
    (warning,) = check_recipe(train(model_name_or_path=str(tiny_base_model), cutoff_len=8))
    assert warning.startswith("shop.jsonl: 4 of the first 4 rows exceed cutoff_len 8 and would be truncated")
