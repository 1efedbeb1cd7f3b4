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
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import Any

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.demonstrations.choice import NO_DEMONSTRATIONS
from shopbench_plugin.engines import vllm_loading
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.engines.vllm_engine import VllmSettings
from shopbench_plugin.predict import Prediction

from figures import Figure, make_table, write_figures
from measurements import MOST_TOKENS, Measurement, ObservedEngine, measure, run_predictor, run_prompts
from predict_inputs import kit_prompts, read_inputs, write_dialogue, write_inputs

DEFAULT_BLOCK_TOKENS = 128
ZERO_SHOT, FEW_SHOT = "kit's questions, zero-shot", "kit's questions, few-shot"
WANTED_RATES = [
    (ZERO_SHOT, "kit, grouped", "at least 2"),
    (ZERO_SHOT, "kit, mixed", ""),
    (ZERO_SHOT, "transformers engine, 16", ""),
    (ZERO_SHOT, "pipeline, batch 16", ""),
    (ZERO_SHOT, "pipeline, batch 2", "at least 20"),
    (FEW_SHOT, "kit, grouped, few-shot", "at least 2"),
    (FEW_SHOT, "pipeline, batch 2, few-shot", "at least 20"),
]


def bench_vllm(arguments: argparse.Namespace, *, caching: bool) -> list[Measurement]:
    """Measure vLLM, with its prefix cache or without."""
    questions, few = read_inputs(arguments.folder)
    settings = VllmSettings(model=str(arguments.folder / "model"), enforce_eager=True, enable_prefix_caching=caching)
    engine = ObservedEngine(load_engine(settings))
    kit_questions = questions[: arguments.kit_questions]
    count = len(kit_questions)
    run_predictor("warm up", engine, questions[-32:], few)
    if not caching:
        return [
            run_predictor("few-shot, no cache", engine, questions, few),
            run_prompts("kit, grouped", engine, kit_prompts(kit_questions, NO_DEMONSTRATIONS, grouped=True), count),
            run_prompts("kit, mixed", engine, kit_prompts(kit_questions, NO_DEMONSTRATIONS, grouped=False), count),
            run_prompts("kit, grouped, few-shot", engine, kit_prompts(kit_questions, few, grouped=True), count),
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
        run_predictor(ZERO_SHOT, engine, kit_questions, NO_DEMONSTRATIONS),
        run_predictor(FEW_SHOT, engine, kit_questions, few),
    ]


def bench_default_blocks(arguments: argparse.Namespace) -> list[Measurement]:
    """Measure zero-shot and few-shot with the cache blocks that vLLM takes on a CPU where nobody tells it."""
    vllm_loading._CPU_BLOCK_TOKENS = DEFAULT_BLOCK_TOKENS  # noqa: SLF001  only a benchmark wants that
    questions, few = read_inputs(arguments.folder)
    engine = ObservedEngine(load_engine(VllmSettings(model=str(arguments.folder / "model"), enforce_eager=True)))
    run_predictor("warm up", engine, questions[-32:], few)
    return [
        run_predictor("zero-shot, blocks of 128", engine, questions, NO_DEMONSTRATIONS),
        run_predictor("few-shot, blocks of 128", engine, questions, few),
    ]


def bench_transformers(arguments: argparse.Namespace) -> list[Measurement]:
    """Measure transformers: its pipeline as eCeLLM's authors ship it, and this project's engine."""
    questions, few = read_inputs(arguments.folder)
    questions = questions[: arguments.kit_questions]
    model = str(arguments.folder / "model")
    engine = ObservedEngine(load_engine(TransformersSettings(model=model)))
    run_predictor("warm up", engine, questions[-4:], NO_DEMONSTRATIONS)
    pipeline = make_pipeline(model)
    zero, shown = (
        [[asdict(message) for message in write_dialogue(one, demonstrations)] for one in questions]
        for demonstrations in (NO_DEMONSTRATIONS, few)
    )
    pairs = max(2, arguments.pipeline_questions)

    def time_pipeline(name: str, dialogues: list[list[dict[str, str]]], batch_size: int) -> Measurement:
        return measure(name, engine, len(dialogues), lambda: run_pipeline(pipeline, dialogues, batch_size))

    return [
        run_predictor("transformers engine, 16", engine, questions, NO_DEMONSTRATIONS),
        time_pipeline("pipeline, batch 16", zero, 16),
        time_pipeline("pipeline, batch 2", zero[:pairs], 2),
        time_pipeline("pipeline, batch 2, few-shot", shown[:pairs], 2),
    ]


def make_pipeline(model: str) -> Any:
    """Return transformers' text generation pipeline, padded as a decoder needs it."""
    from transformers import pipeline

    made = pipeline("text-generation", model=model)
    made.tokenizer.padding_side = "left"
    return made


def run_pipeline(pipeline: Any, dialogues: list[list[dict[str, str]]], batch_size: int) -> list[Prediction]:
    """Answer the questions through the pipeline; what it writes is of no interest."""
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
    for ours, other, wanted in ((found[one], found[other], wanted) for one, other, wanted in WANTED_RATES):
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
