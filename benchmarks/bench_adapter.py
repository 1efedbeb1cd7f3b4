"""What answering with an adapter costs beside its merged model: questions per second of processor time in vLLM.

The base alone, the base with the adapter, and the merged model answer the same questions zero-shot, in turn.
Processor time is the same on a busy machine and on an idle one; loading and the first answers are left out. Without
--base it is a random Qwen2 of 98 million parameters with a random adapter of rank 64.

    python benchmarks/bench_adapter.py [--base DIR --adapter DIR --merged DIR] [--count N] [--json FILE]
"""

import argparse
import tempfile
from pathlib import Path

from shopbench_plugin.demonstrations.choice import NO_DEMONSTRATIONS
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.engines.vllm_engine import VllmSettings

from figures import Figure, make_table, write_figures
from measurements import Measurement, ObservedEngine, run_predictor
from predict_inputs import read_inputs, write_inputs

RANK = 64
WARM_UP = 8


def main() -> None:
    """Measure each model in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, help="model folder")
    parser.add_argument("--adapter", type=Path, help="folder of its LoRA adapter")
    parser.add_argument("--merged", type=Path, help="the model with the adapter merged")
    parser.add_argument("--count", type=int, default=100, help="how many questions are timed")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inputs(folder, options.count + WARM_UP)
        if options.base is None:
            options.base, options.adapter, options.merged = write_models(folder)
        adapter = VllmSettings(model=str(options.base), adapter=str(options.adapter), enforce_eager=True)
        base, merged = (VllmSettings(model=str(model), enforce_eager=True) for model in (options.base, options.merged))
        parts = {"base": base, "adapter": adapter, "merged": merged}
        found = {part: measure_part(part, settings, folder) for part, settings in parts.items()}
    for one in found.values():
        print(f"{one.name}: {one.rate:.2f} questions/s, {one.cores:.2f} cores, {one.generated_tokens} tokens written")
    figures = [compare(found["adapter"], found[other]) for other in ("merged", "base")]
    print(make_table(figures))
    write_figures(options.json, figures)


def write_models(folder: Path) -> tuple[Path, Path, Path]:
    """Write an adapter of random updates for the folder's model, and both merged; return base, adapter and merged."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base, adapter, merged = folder / "model", folder / "adapter", folder / "merged"
    config = LoraConfig(r=RANK, lora_alpha=RANK, target_modules="all-linear", init_lora_weights=False)
    tuned = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    tuned.save_pretrained(adapter)
    tuned.merge_and_unload().save_pretrained(merged)
    AutoTokenizer.from_pretrained(base).save_pretrained(merged)
    return base, adapter, merged


def measure_part(name: str, settings: VllmSettings, folder: Path) -> Measurement:
    """Answer the folder's questions once with one of the models, the first of them untimed."""
    questions, _ = read_inputs(folder)
    engine = ObservedEngine(load_engine(settings))
    run_predictor("warm up", engine, questions[-WARM_UP:], NO_DEMONSTRATIONS)
    found = run_predictor(name, engine, questions[:-WARM_UP], NO_DEMONSTRATIONS)
    engine.close()
    return found


def compare(one: Measurement, other: Measurement) -> Figure:
    """Return the ratio of two rates per second of processor time."""
    rates = [each.questions / (each.seconds * each.cores) for each in (one, other)]
    names = [f"{each.name} {rate:.3g} questions/core s" for each, rate in zip((one, other), rates, strict=True)]
    return Figure("adapter", *names, rates[0] / rates[1], "rate")


if __name__ == "__main__":
    main()
