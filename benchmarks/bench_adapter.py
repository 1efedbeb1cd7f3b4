"""What answering with an adapter costs beside its merged model: questions per second of processor time in vLLM.

The base alone, the base with the adapter, and the merged model answer the same questions zero-shot, each in a process
of its own. Processor time is the same on a busy machine and on an idle one; loading and the first answers are left out.

    python benchmarks/bench_adapter.py --base DIR --adapter DIR --merged DIR --questions FILE [--count N] [--json FILE]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from shopbench_plugin.demonstrations.choice import NO_DEMONSTRATIONS
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.engines.vllm_engine import VllmSettings
from shopbench_plugin.formats.questions import read_questions

from figures import Figure, make_table, write_figures
from measurements import Measurement, ObservedEngine, run_predictor

PARTS = ("base", "adapter", "merged")
WARM_UP = 16


def main() -> None:
    """Measure each part in a process of its own and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, required=True, help="model folder")
    parser.add_argument("--adapter", type=Path, required=True, help="folder of its LoRA adapter")
    parser.add_argument("--merged", type=Path, required=True, help="the model with the adapter merged")
    parser.add_argument("--questions", type=Path, required=True, help="file of questions")
    parser.add_argument("--count", type=int, default=100, help="how many of them are timed")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        options.json.write_text(json.dumps(asdict(measure_part(options.part, options))))
        return
    with tempfile.TemporaryDirectory() as folder:
        found = {part: run_part(part, Path(folder) / f"{part}.json") for part in PARTS}
    for one in found.values():
        print(f"{one.name}: {one.rate:.2f} questions/s, {one.cores:.2f} cores, {one.generated_tokens} tokens written")
    figures = [compare(found["adapter"], found[other]) for other in ("merged", "base")]
    print(make_table(figures))
    write_figures(options.json, figures)


def run_part(part: str, result: Path) -> Measurement:
    """Run one part with the options of this process."""
    subprocess.run([sys.executable, __file__, *sys.argv[1:], "--part", part, "--json", str(result)], check=True)
    return Measurement(**json.loads(result.read_bytes()))


def measure_part(part: str, options: argparse.Namespace) -> Measurement:
    """Answer the questions once with one of the models."""
    questions = read_questions(options.questions)[: options.count + WARM_UP]
    settings = VllmSettings(
        model=str(options.merged if part == "merged" else options.base),
        adapter=str(options.adapter) if part == "adapter" else None,
        enforce_eager=True,
        max_model_len=4096,
    )
    engine = ObservedEngine(load_engine(settings))
    run_predictor("warm up", engine, questions[options.count :], NO_DEMONSTRATIONS)
    return run_predictor(part, engine, questions[: options.count], NO_DEMONSTRATIONS)


def compare(one: Measurement, other: Measurement) -> Figure:
    """Return the ratio of two rates per second of processor time."""
    rates = [each.questions / (each.seconds * each.cores) for each in (one, other)]
    names = [f"{each.name} {rate:.3g} questions/core s" for each, rate in zip((one, other), rates, strict=True)]
    return Figure("adapter", *names, rates[0] / rates[1], "rate")


if __name__ == "__main__":
    main()
