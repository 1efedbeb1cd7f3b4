"""bfloat16 beside float32 on this machine, in training and in answering: rows and questions a second of processor time.

The same weights are trained and asked in both types, each in a process of its own. What the project chooses where the
settings leave it open (`shopbench_plugin/models/arithmetic.py`) is printed first.

    make bench-dtype [MODEL=DIR]    or    python benchmarks/bench_dtype.py [--model DIR] [--json FILE]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from shopbench_plugin.demonstrations.choice import NO_DEMONSTRATIONS
from shopbench_plugin.engines.registry import find_engine, load_engine
from shopbench_plugin.formats.questions import read_questions
from shopbench_plugin.models.arithmetic import choose_dtype, describe_machine
from shopbench_plugin.models.checkpoints import read_config

from bench_training import BATCH_SIZE, train, write_dataset
from figures import Figure, make_table, write_figures
from measurements import Measurement, ObservedEngine, run_predictor

DTYPES = ("float32", "bfloat16")
CONTEXT = 2048
STEPS = 8
WARM_UP = 8
OWN_TEMPLATE: dict[str, object] = {"template": None, "lora_rank": 8, "bf16": False, "fp16": False}


def main() -> None:
    """Measure both types and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("outputs/demo/base"), help="model folder")
    parser.add_argument("--dataset", type=Path, default=Path("data/generated/demo.jsonl"), help="a converted dataset")
    parser.add_argument("--questions", type=Path, default=Path("data/shopbench_sample.jsonl"), help="what is asked")
    parser.add_argument("--count", type=int, default=48, help="how many questions are timed")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--part", choices=DTYPES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        options.json.write_text(json.dumps(asdict(answer(options.part, options))))
        return
    print(
        f"chosen here for a bfloat16 checkpoint: {choose_dtype({'dtype': 'bfloat16'}, describe_machine())}", flush=True
    )
    with tempfile.TemporaryDirectory() as name:
        trained = {dtype: measure_training(dtype, options, Path(name) / dtype) for dtype in DTYPES}
        answered = {dtype: run_part(dtype, Path(name) / f"{dtype}.json") for dtype in DTYPES}
    rates = {dtype: one.questions / (one.seconds * one.cores) for dtype, one in answered.items()}
    figures = [compare("training", trained, "rows"), compare("prediction", rates, "questions")]
    print(make_table(figures))
    write_figures(options.json, figures)


def measure_training(dtype: str, options: argparse.Namespace, folder: Path) -> float:
    """Return rows per second of processor time: of a run of some steps, less one of a single step."""
    # With it set, LlamaFactory would load the type that is faster here.
    os.environ.pop("SHOPBENCH_GUARD", None)
    folder.mkdir()
    rows = [json.loads(line) for line in options.dataset.read_text(encoding="utf-8").splitlines()]
    write_dataset(rows[: BATCH_SIZE * (STEPS + 1)], folder)
    model = restate(options.model, dtype, folder / "model")
    settings = OWN_TEMPLATE | {"logging_steps": 1}
    start_up = train(model, folder, settings | {"max_steps": 1})
    return BATCH_SIZE * STEPS / (train(model, folder, settings | {"max_steps": STEPS + 1}) - start_up)


def restate(model: Path, dtype: str, folder: Path) -> Path:
    """Return a folder of links to the model's files whose config.json names another type: what LlamaFactory loads."""
    folder.mkdir()
    for path in model.iterdir():
        (folder / path.name).symlink_to(path.resolve())
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").unlink()
    (folder / "config.json").write_text(json.dumps(config | {"dtype": dtype}), encoding="utf-8")
    return folder


def run_part(dtype: str, result: Path) -> Measurement:
    """Answer in one type with the options of this process."""
    subprocess.run([sys.executable, __file__, *sys.argv[1:], "--part", dtype, "--json", str(result)], check=True)
    return Measurement(**json.loads(result.read_bytes()))


def answer(dtype: str, options: argparse.Namespace) -> Measurement:
    """Answer the questions in one type; the first ones aren't timed."""
    questions = read_questions(options.questions)[: options.count + WARM_UP]
    length = min(CONTEXT, read_config(options.model)["max_position_embeddings"])
    engine = ObservedEngine(load_engine(find_engine(None)(model=str(options.model), dtype=dtype, max_model_len=length)))
    run_predictor("warm up", engine, questions[options.count :], NO_DEMONSTRATIONS)
    return run_predictor(dtype, engine, questions[: options.count], NO_DEMONSTRATIONS)


def compare(area: str, rates: dict[str, float], unit: str) -> Figure:
    """Return float32's rate beside bfloat16's."""
    ours, other = (f"{dtype} {rates[dtype]:.3g} {unit}/core s" for dtype in DTYPES)
    return Figure(area, ours, other, rates["float32"] / rates["bfloat16"], "rate")


if __name__ == "__main__":
    main()
