"""Tokens per second of SFT on short answers: LlamaFactory's defaults against length grouping and packing.

Each way trains a tiny model for one epoch on the same rows through llamafactory-cli; what counts is the number of real
tokens, padding left out, over the processor time of a run on one thread, less that of a run of one step. Processor time
is the same on a busy machine and on an idle one.

    python benchmarks/bench_training.py [--model DIR] [--dataset FILE] [--json FILE]    (after `make demo`)
"""

import argparse
import json
import tempfile
from pathlib import Path

from shopbench_plugin.ecinstruct.rows import Example, join_question

from figures import Figure, make_table, write_figures
from machine import run_llamafactory

CUTOFF = 1024
BATCH_SIZE = 8
ROWS = 1_200
WAYS = {
    "LlamaFactory's defaults": {},
    "length grouping": {"train_sampling_strategy": "group_by_length"},
    "packing": {"packing": True, "per_device_train_batch_size": 2},
    "neat packing": {"neat_packing": True, "per_device_train_batch_size": 2},
}


def main() -> None:
    """Train once in each way and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("outputs/demo/base"), help="tiny model folder")
    parser.add_argument("--dataset", type=Path, default=Path("data/generated/demo.jsonl"), help="a converted dataset")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [json.loads(line) for line in options.dataset.read_text(encoding="utf-8").splitlines()[:ROWS]]
        tokens = count_tokens(options.model, rows)
        write_dataset(rows, folder)
        start_up = train(options.model, folder, {"max_steps": 1, "per_device_train_batch_size": 1})
        seconds = {way: train(options.model, folder, settings) - start_up for way, settings in WAYS.items()}
    figures = compare(tokens, seconds)
    print(make_table(figures))
    write_figures(options.json, figures)


def count_tokens(model: Path, rows: list[dict[str, str]]) -> int:
    """Return the tokens of the rows as chat dialogues, each cut at CUTOFF."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    total = 0
    for row in rows:
        question = join_question(Example(**row))
        messages = [{"role": "user", "content": question}, {"role": "assistant", "content": row["output"]}]
        total += min(CUTOFF, len(tokenizer.apply_chat_template(messages, return_dict=False)))
    return total


def write_dataset(rows: list[dict[str, str]], folder: Path) -> None:
    """Let LlamaFactory find the rows under the name `bench`."""
    (folder / "bench.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    (folder / "dataset_info.json").write_text(json.dumps({"bench": {"file_name": "bench.jsonl", "columns": columns}}))


def train(model: Path, folder: Path, settings: dict[str, object]) -> float:
    """Train one epoch and return the seconds of processor time that the run took."""
    recipe = {
        "model_name_or_path": str(model),
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "lora",
        "lora_rank": 64,
        "dataset_dir": str(folder),
        "dataset": "bench",
        "template": "qwen2_shopbench",
        "cutoff_len": CUTOFF,
        "output_dir": str(folder / "adapter"),
        "overwrite_output_dir": True,
        "overwrite_cache": True,
        "per_device_train_batch_size": BATCH_SIZE,
        "num_train_epochs": 1,
        "save_strategy": "no",
        "report_to": "none",
        "use_cpu": True,
        "seed": 0,
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe | settings))  # JSON is YAML
    return run_llamafactory("train", path)


def compare(tokens: int, seconds: dict[str, float]) -> list[Figure]:
    """Return tokens per second of processor time, each way's beside the first's."""
    (plain, slowest), *others = seconds.items()
    other = f"{plain} {tokens / slowest:,.0f} tokens/s"
    return [
        Figure("training", f"{way} {tokens / taken:,.0f} tokens/s", other, slowest / taken, "rate")
        for way, taken in others
    ]


if __name__ == "__main__":
    main()
