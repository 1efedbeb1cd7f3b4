"""How conversion, training, GPTQ and answering grow: times over rows and model sizes, a straight line through them.

    python benchmarks/bench_scaling.py [--rows 20000 40000 80000]    (half an hour; after `make demo`)

The models are random Qwen2 of three sizes. Each line gives the slope, and how far the farthest point lies off the line
as a share of its value: near 0 the job grows in proportion, with a start-up time on top.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import linear_regression

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.interface import Prompt
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.engines.vllm_engine import VllmSettings
from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model
from shopbench_plugin.planning.shapes import read_shape
from shopbench_plugin.storage.files import read_json_lines

import bench_training
from ecinstruct_rows import write_rows
from machine import run_llamafactory

ROOT = Path(__file__).parents[1]
SIZES = (
    TinyModelSettings(hidden_size=384, intermediate_size=1024, layers=8, heads=6),
    TinyModelSettings(hidden_size=512, intermediate_size=1536, layers=12, heads=8),
    TinyModelSettings(hidden_size=768, intermediate_size=2560, layers=12, heads=12),
)
TRAINED_ROWS, SAMPLES = 24, 16
PROMPTS, PROMPT_WORDS, STEPS, RUNS = 64, 100, 64, 3


def main() -> None:
    """Measure all four jobs and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs=3, default=[20_000, 40_000, 80_000], help="rows to convert")
    parser.add_argument("--calibration", type=Path, default=ROOT / "outputs/demo/calibration.jsonl")
    parser.add_argument("--dataset", type=Path, default=ROOT / "data/generated/demo.jsonl")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print_line("conversion", "1,000 rows", {rows / 1e3: time_conversion(folder, rows) for rows in arguments.rows})
        models = [make_model(folder / f"model{number}", size) for number, size in enumerate(SIZES)]
        millions = [read_shape(model).parameters / 1e6 for model in models]
        trained = [time_training(model, arguments.dataset) for model in models]
        print_line("training, an epoch", "million parameters", dict(zip(millions, trained, strict=True)))
        quantized = [time_gptq(model, arguments.calibration) for model in models]
        print_line("GPTQ", "million parameters", dict(zip(millions, quantized, strict=True)))
        prompts, steps = zip(*(time_answers(model) for model in models), strict=True)
        print_line(f"reading {PROMPTS} prompts", "million parameters", dict(zip(millions, prompts, strict=True)))
        print_line(f"writing {STEPS} tokens to each", "million parameters", dict(zip(millions, steps, strict=True)))


def print_line(job: str, unit: str, seconds: dict[float, float]) -> None:
    """Print the points, the slope and the largest distance from the line."""
    line = linear_regression(list(seconds), list(seconds.values()))
    off = max(abs(line.intercept + line.slope * size - taken) / taken for size, taken in seconds.items())
    points = ", ".join(f"{size:.0f}: {taken:.2f} s" for size, taken in seconds.items())
    print(f"{job}: {points}; {line.slope:.3g} s a {unit}, off the line by at most {off:.0%}", flush=True)


def make_model(folder: Path, size: TinyModelSettings) -> Path:
    """Write a random model."""
    rows = (row for _, row in read_json_lines(ROOT / "data" / "ecinstruct_sample.jsonl"))
    create_tiny_model((str(value) for row in rows for value in row.values()), folder, size)
    return folder


def time_conversion(folder: Path, rows: int) -> float:
    """Return the seconds of `shopbench convert` over generated rows."""
    source = folder / f"{rows}.jsonl"
    write_rows(source, rows)
    program = Path(sys.executable).with_name("shopbench")
    started = time.perf_counter()
    command = [program, "convert", "--source", source, "--output-dir", folder / f"out{rows}"]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def time_training(model: Path, dataset: Path) -> float:
    """Return the processor seconds of an epoch over a few rows, those of a run of one step taken off."""
    rows = [row for _, row in zip(range(TRAINED_ROWS), (row for _, row in read_json_lines(dataset)), strict=False)]
    with tempfile.TemporaryDirectory() as name:
        bench_training.write_dataset(rows, Path(name))
        start_up = bench_training.train(model, Path(name), {"max_steps": 1, "per_device_train_batch_size": 1})
        return bench_training.train(model, Path(name), {}) - start_up


def time_gptq(model: Path, calibration: Path) -> float:
    """Return the processor seconds of a GPTQ export, its start included."""
    with tempfile.TemporaryDirectory() as name:
        overrides = [
            f"model_name_or_path={model}",
            f"export_quantization_dataset={calibration}",
            f"export_dir={name}/quantized",
            f"export_quantization_nsamples={SAMPLES}",
        ]
        return run_llamafactory("export", ROOT / "llamafactory_configs/gptq/tiny_int4.yaml", *overrides)


def time_answers(model: Path) -> tuple[float, float]:
    """Return vLLM's seconds to read prompts that share nothing, and those to write STEPS tokens to each."""
    engine = load_engine(VllmSettings(model=str(model), enforce_eager=True, enable_prefix_caching=False))
    texts = [f"{number} " + "kettle " * PROMPT_WORDS for number in range(PROMPTS)]

    def answer(tokens: int) -> float:
        prompts = [Prompt((Message("user", text),), Constraint(max_tokens=tokens)) for text in texts]
        started = time.perf_counter()
        list(engine.complete(prompts))
        return time.perf_counter() - started

    answer(1 + STEPS)  # warms up
    reading, both = (min(answer(tokens) for _ in range(RUNS)) for tokens in (1, 1 + STEPS))
    engine.close()
    return reading, both - reading


if __name__ == "__main__":
    main()
