"""What tuning on shopping costs in general: MMLU's development questions, and the perplexity of English documentation.

    python benchmarks/bench_general.py --model UNTUNED --model TUNED --output-dir FOLDER [--config RECIPE]

The questions are those of each of MMLU's 57 subjects that lm-eval ships as demonstrations; `shopbench predict` answers
them zero-shot and `shopbench compare` compares the answers. The perplexity is per token, over up to 40 windows of 512
tokens.
"""

import argparse
import json
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from bench_calibration import collect_english

WINDOW, MOST_WINDOWS = 512, 40
SHIPPED = "tasks/mmlu/flan_cot_fewshot/_cot_prompts.json"
_QUESTION = re.compile(
    r"^Q: (?P<question>(?:(?!^Q: ).)*?)\s\(A\) (?P<A>.*?)\s\(B\) (?P<B>.*?)\s\(C\) (?P<C>.*?)\s\(D\) (?P<D>[^\n]*)\n"
    r"A: (?:(?!^Q: ).)*?[Tt]he answer is \((?P<answer>[A-D])\)",
    re.DOTALL | re.MULTILINE,
)
_LETTERS = "ABCD"


def main() -> None:
    """Answer and compare, then measure the perplexities."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", type=Path, action="append", required=True, help="model folder, the untuned one first"
    )
    parser.add_argument("--output-dir", type=Path, required=True, help="folder for the questions and the answers")
    parser.add_argument("--config", type=Path, help="recipe for `shopbench predict`")
    options = parser.parse_args()
    options.output_dir.mkdir(parents=True, exist_ok=True)
    questions = options.output_dir / "mmlu.jsonl"
    questions.write_text("".join(json.dumps(row) + "\n" for row in read_shipped_questions()), encoding="utf-8")
    answers = [options.output_dir / f"{model.name}.jsonl" for model in options.model]
    recipe = ["--config", options.config] if options.config else []
    for model, output in zip(options.model, answers, strict=True):
        run_shopbench("predict", *recipe, "--model", model, "--input", questions, "--output", output)
    compared = [part for output in answers for part in ("--predictions", output)]
    run_shopbench("compare", *compared, "--reference", questions)
    for model in options.model:
        print(f"{model}: perplexity of English documentation {measure_perplexity(model):.2f}")


def run_shopbench(*arguments: str | Path) -> None:
    """Run a `shopbench` command of this environment."""
    subprocess.run([Path(sys.executable).with_name("shopbench"), *arguments], check=True)


def read_shipped_questions() -> Iterator[dict[str, Any]]:
    """Yield MMLU's development questions, each once, as rows of ShopBench with one task for each subject."""
    known: set[str] = set()
    shipped = json.loads(files("lm_eval").joinpath(SHIPPED).read_text(encoding="utf-8"))
    for subject, text in shipped.items():
        for found in _QUESTION.finditer(text):
            options = "\n".join(f"{number}. {found[letter].strip()}" for number, letter in enumerate(_LETTERS))
            question = f"{found['question'].strip()}\n{options}\nAnswer: "
            if question in known:
                continue
            known.add(question)
            yield {
                "input_field": question,
                "output_field": _LETTERS.index(found["answer"]),
                "task_name": subject,
                "task_type": "multiple-choice",
                "metric": "accuracy",
                "is_multiple_choice": True,
                "track": "mmlu",
            }


def measure_perplexity(model: Path) -> float:
    """Return the perplexity per token of the standard library's documentation, in float32."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    network = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
    windows = [
        token_ids[start : start + WINDOW]
        for token_ids in tokenizer(collect_english())["input_ids"]
        for start in range(0, len(token_ids) - WINDOW, WINDOW)
    ]
    losses = []
    for window in windows[:: math.ceil(len(windows) / MOST_WINDOWS)]:
        token_ids = torch.tensor([window])
        with torch.inference_mode():
            losses.append(float(network(input_ids=token_ids, labels=token_ids).loss))
    return math.exp(sum(losses) / len(losses))


if __name__ == "__main__":
    main()
