"""Questions per second of the engines on a random Qwen2 of 98 million parameters or MODEL, and what costs what.

Every figure stands against another one of the same run: few-shot against zero-shot with and without the prefix cache,
constraints against none at equal token counts, the predictor against the starter kit's pattern and transformers'
pipeline. The questions are the sample's, drawn anew with other seeds; no question is asked twice of a warm cache.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import Any

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.demonstrations.choice import NO_DEMONSTRATIONS
from shopbench_plugin.engines import vllm_engine
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.engines.vllm_engine import VllmSettings
from shopbench_plugin.predict import Prediction

from figures import Figure, make_table, write_figures
from measurements import MOST_TOKENS, Measurement, ObservedEngine, measure, run_predictor, run_prompts
from predict_inputs import kit_prompts, read_inputs, write_inputs

DEFAULT_BLOCK_TOKENS = 128
WANTED_RATES = {
    "kit, grouped": "at least 2",
    "kit, mixed": "",
    "transformers engine, 16": "",
    "pipeline, batch 16": "",
    "pipeline, batch 2": "at least 20",
}


def bench_vllm(arguments: argparse.Namespace, *, caching: bool) -> list[Measurement]:
    """Measure vLLM, with its prefix cache or without."""
    questions, few = read_inputs(arguments.folder)
    settings = VllmSettings(model=str(arguments.folder / "model"), enforce_eager=True, enable_prefix_caching=caching)
    engine = ObservedEngine(load_engine(settings))
    kit_questions = questions[: arguments.kit_questions]
    run_predictor("warm up", engine, questions[-32:], few)
    if not caching:
        return [
            run_predictor("few-shot, no cache", engine, questions, few),
            run_prompts("kit, grouped", engine, kit_prompts(kit_questions, grouped=True), len(kit_questions)),
            run_prompts("kit, mixed", engine, kit_prompts(kit_questions, grouped=False), len(kit_questions)),
        ]
    zero = run_predictor("zero-shot", engine, questions, NO_DEMONSTRATIONS)
    shown = run_predictor("few-shot", engine, questions, few)
    constrained = run_prompts("constraints", engine, [engine.asked], len(questions))
    free = [
        replace(prompt, constraint=Constraint(max_tokens=engine.completions[index].generated_tokens))
        for index, prompt in enumerate(engine.asked)
    ]
    return [
        zero,
        shown,
        constrained,
        run_prompts("no constraints", engine, [free], len(questions)),
        run_predictor("kit's questions, predictor", engine, kit_questions, NO_DEMONSTRATIONS),
    ]


def bench_default_blocks(arguments: argparse.Namespace) -> list[Measurement]:
    """Measure zero-shot and few-shot with the cache blocks that vLLM takes on a CPU where nobody tells it."""
    vllm_engine._CPU_BLOCK_TOKENS = DEFAULT_BLOCK_TOKENS  # noqa: SLF001  only a benchmark wants that
    questions, few = read_inputs(arguments.folder)
    engine = ObservedEngine(load_engine(VllmSettings(model=str(arguments.folder / "model"), enforce_eager=True)))
    run_predictor("warm up", engine, questions[-32:], few)
    return [
        run_predictor("zero-shot, blocks of 128", engine, questions, NO_DEMONSTRATIONS),
        run_predictor("few-shot, blocks of 128", engine, questions, few),
    ]


def bench_transformers(arguments: argparse.Namespace) -> list[Measurement]:
    """Measure transformers: its pipeline as eCeLLM's authors ship it, and this project's engine."""
    questions, _ = read_inputs(arguments.folder)
    questions = questions[: arguments.kit_questions]
    model = str(arguments.folder / "model")
    engine = ObservedEngine(load_engine(TransformersSettings(model=model)))
    run_predictor("warm up", engine, questions[-4:], NO_DEMONSTRATIONS)
    pipeline = make_pipeline(model)
    few = questions[: max(2, arguments.pipeline_questions)]
    return [
        run_predictor("transformers engine, 16", engine, questions, NO_DEMONSTRATIONS),
        measure("pipeline, batch 16", engine, len(questions), lambda: run_pipeline(pipeline, questions, 16)),
        measure("pipeline, batch 2", engine, len(few), lambda: run_pipeline(pipeline, few, 2)),
    ]


def make_pipeline(model: str) -> Any:
    """Return transformers' text generation pipeline, padded as a decoder needs it."""
    from transformers import pipeline

    made = pipeline("text-generation", model=model)
    made.tokenizer.padding_side = "left"
    return made


def run_pipeline(pipeline: Any, questions: Sequence[Question], batch_size: int) -> list[Prediction]:
    """Answer the questions through the pipeline; what it writes is of no interest."""
    dialogues = [[{"role": "user", "content": one.input_field}] for one in questions]
    for _ in pipeline(dialogues, batch_size=batch_size, max_new_tokens=MOST_TOKENS, do_sample=False):
        pass
    return []


def report(found: dict[str, Measurement]) -> None:
    """Print all measurements, and where the time goes."""
    print(f"{'':28}{'questions':>10}{'seconds':>9}{'per s':>8}{'cores':>7}{'cached':>8}{'written':>9}{'invalid':>8}")
    for one in found.values():
        cached = one.cached_tokens / one.prompt_tokens if one.prompt_tokens else 0.0
        print(
            f"{one.name:28}{one.questions:10}{one.seconds:9.1f}{one.rate:8.1f}{one.cores:7.2f}{cached:8.0%}"
            f"{one.generated_tokens:9}{one.invalid:8}"
        )
    few = found["few-shot"]
    print(
        f"few-shot: {few.preparing / few.seconds:.1%} of the time routing, constraining and putting the questions, "
        f"{few.tokenizing / few.seconds:.1%} rendering and tokenizing"
    )


def compare(found: dict[str, Measurement]) -> list[Figure]:
    """Return the ratios, with what they ought to be."""
    few, zero, uncached = found["few-shot"], found["zero-shot"], found["few-shot, no cache"]
    default_few, default_zero = found["few-shot, blocks of 128"], found["zero-shot, blocks of 128"]
    ours = found["kit's questions, predictor"]
    timed = [
        ("prediction", few, zero, "at most 1.15"),
        ("prediction", default_few, default_zero, "at most 1.15"),
        ("prediction", few, default_zero, "at most 1.15"),
        ("prediction", few, uncached, ""),
        ("constraints", found["constraints"], found["no constraints"], "at most 1.1"),
    ]
    figures = [
        Figure(subject, tell_time(one), tell_time(other), one.seconds / other.seconds, "time", wanted)
        for subject, one, other, wanted in timed
    ]
    for name, wanted in WANTED_RATES.items():
        other = found[name]
        figures.append(Figure("prediction", tell_rate(ours), tell_rate(other), ours.rate / other.rate, "rate", wanted))
    return figures


def tell_time(one: Measurement) -> str:
    """Return a measurement's name and time."""
    return f"{one.name}, {one.questions} questions {one.seconds:.1f} s"


def tell_rate(one: Measurement) -> str:
    """Return a measurement's name and rate."""
    return f"{one.name} {one.rate:.1f} questions/s"


PARTS: dict[str, Callable[[argparse.Namespace], list[Measurement]]] = {
    "cached": lambda arguments: bench_vllm(arguments, caching=True),
    "uncached": lambda arguments: bench_vllm(arguments, caching=False),
    "default blocks": bench_default_blocks,
    "transformers": bench_transformers,
}


def main() -> None:
    """Run every part in a process of its own, so that none inherits another's memory or threads."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="model folder; by default a random Qwen2 of 98 million parameters")
    parser.add_argument("--questions", type=int, default=512, help="for few-shot, zero-shot and constraints")
    parser.add_argument("--kit-questions", type=int, default=128, help="for the starter kit's pattern and transformers")
    parser.add_argument("--pipeline-questions", type=int, default=32, help="for the pipeline with batches of 2")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        arguments.json.write_text(json.dumps([asdict(one) for one in PARTS[arguments.part](arguments)]))
        return
    with tempfile.TemporaryDirectory() as folder:
        write_inputs(Path(folder), arguments.questions, arguments.model)
        found = run_parts(Path(folder), arguments)
    named = {one.name: one for one in found}
    report(named)
    figures = compare(named)
    print(f"\n{make_table(figures)}")
    write_figures(arguments.json, figures)


def run_parts(folder: Path, arguments: argparse.Namespace) -> list[Measurement]:
    """Run each part in turn; only one uses the cores at a time."""
    sizes = ("questions", "kit_questions", "pipeline_questions")
    options = chain.from_iterable((f"--{name.replace('_', '-')}", str(getattr(arguments, name))) for name in sizes)
    common = [sys.executable, __file__, "--folder", str(folder), *options]
    found: list[Measurement] = []
    for part in PARTS:
        result = folder / f"{part}.json"
        subprocess.run([*common, "--part", part, "--json", str(result)], check=True)
        found += [Measurement(**one) for one in json.loads(result.read_bytes())]
    return found


if __name__ == "__main__":
    main()
