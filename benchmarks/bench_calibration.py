"""What GPTQ loses with three kinds of calibration texts, quantized by llamafactory-cli and measured on held-out rows.

LlamaFactory takes a random window out of each calibration text. Compared are windows out of general English, random
windows out of the training set's own dialogues (what `shopbench calibrate` writes), and windows that begin with a
dialogue (texts one token longer than the window leave it no choice).

    python benchmarks/bench_calibration.py [--merged DIR] [--dataset FILE] [--questions FILE]    (after `make demo`)
"""

import argparse
import json
import pydoc
import random
import sys
import tempfile
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table
from shopbench_plugin.quantization.held_out import HeldOut, read_held_out
from shopbench_plugin.quantization.quality import Quality, measure_quality

from machine import run_llamafactory

WINDOW = 256
SAMPLES = 128
REPEATS = 2
QUESTIONS = 200
RECIPE = "llamafactory_configs/gptq/tiny_int4.yaml"


def main() -> None:
    """Quantize with each kind of texts and print what is left."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--merged", type=Path, default=Path("outputs/demo/merged"), help="model folder to quantize")
    parser.add_argument("--dataset", type=Path, default=Path("data/generated/demo.jsonl"), help="the training set")
    parser.add_argument("--questions", type=Path, default=Path("data/shopbench_sample.jsonl"), help="held-out rows")
    options = parser.parse_args()

    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(options.merged)
    questions = read_held_out(options.questions, QUESTIONS)
    dialogues = [render(tokenizer, row) for row in read_held_out(options.dataset, sys.maxsize)]
    kinds = {
        "general English, random windows": lambda _: collect_english(),
        "training dialogues, random windows": lambda source: join(tokenizer, dialogues, 4 * WINDOW, source),
        "training dialogues, from their start": lambda source: cut(
            tokenizer, join(tokenizer, dialogues, 2 * WINDOW, source)
        ),
    }
    merged = measure_quality("merged", options.merged, questions, options.merged, None)
    table = Table("calibration", "perplexity", "rise", "same answers", title=f"merged: {merged.perplexity:.4f}")
    for kind, make_texts in kinds.items():
        qualities = [quantize(options.merged, make_texts(random.Random(run)), questions) for run in range(REPEATS)]
        perplexity = mean(quality.perplexity for quality in qualities)
        same = mean(quality.agree(merged.answers) for quality in qualities)
        runs = ", ".join(f"{quality.perplexity:.4f}" for quality in qualities)
        table.add_row(kind, runs, f"{perplexity / merged.perplexity - 1:+.2%}", f"{same:.1%}")
    Console().print(table)


def render(tokenizer: Any, row: HeldOut) -> str:
    """Return a training row in the model's own chat markup."""
    messages = [{"role": "user", "content": row.question}, {"role": "assistant", "content": row.answer}]
    text: str = tokenizer.apply_chat_template(messages, tokenize=False)
    return text


def collect_english() -> list[str]:
    """Return the standard library's documentation as long texts."""
    names = ("argparse", "decimal", "logging", "datetime", "unittest.mock", "subprocess", "email.message", "pathlib")
    return [pydoc.plain(pydoc.render_doc(__import__(name, fromlist=["_"]))) for name in names]


def join(tokenizer: Any, dialogues: list[str], length: int, source: random.Random) -> list[str]:
    """Return texts of at least `length` tokens made of dialogues drawn at random."""
    texts = []
    for _ in range(2 * SAMPLES):
        text = ""
        while len(tokenizer(text)["input_ids"]) <= length:
            text += source.choice(dialogues)
        texts.append(text)
    return texts


def cut(tokenizer: Any, texts: list[str]) -> list[str]:
    """Cut texts after WINDOW + 1 tokens; those that would be tokenized differently then are left out."""
    cuts = [text[: tokenizer(text, return_offsets_mapping=True)["offset_mapping"][WINDOW][1]] for text in texts]
    return [text for text in cuts if len(tokenizer(text)["input_ids"]) == WINDOW + 1]


def quantize(merged: Path, texts: list[str], questions: list[HeldOut]) -> Quality:
    """Quantize through llamafactory-cli and measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "calibration.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        overrides = [
            f"model_name_or_path={merged}",
            f"export_quantization_dataset={folder / 'calibration.jsonl'}",
            f"export_quantization_maxlen={WINDOW}",
            f"export_quantization_nsamples={SAMPLES}",
            f"export_dir={folder / 'model'}",
        ]
        run_llamafactory("export", RECIPE, *overrides)
        return measure_quality("quantized", folder / "model", questions, merged, None)


if __name__ == "__main__":
    main()
