"""A plan as text for the terminal."""

import shlex
from collections.abc import Iterator

from shopbench_plugin.models.group_size import LARGEST
from shopbench_plugin.planning.cards import Cards
from shopbench_plugin.planning.durations import (
    ANSWER_TOKENS,
    PROMPT_TOKENS,
    ROW_TOKENS,
    estimate_answering_seconds,
    estimate_training_seconds,
)
from shopbench_plugin.planning.memory import BATCHED_TOKENS, MOST_REQUESTS, Quantization
from shopbench_plugin.planning.plan import UTILIZATION, Plan, Serving
from shopbench_plugin.planning.shapes import BUILT_IN, ModelShape
from shopbench_plugin.planning.splitting import Split
from shopbench_plugin.planning.training import choose_recipe

_PAPER_MODEL = BUILT_IN["qwen2-72b"]
_SMALL_MODEL = BUILT_IN["qwen2-7b"]
_PAPER_IN_USE = 48_000_000_000
_MOST_MINUTES = 180
_BATCH = 8  # questions of the competition's usual batch


def describe_plan(plan: Plan) -> Iterator[str]:
    """Yield the lines that say what to expect and what to run."""
    shape, cards = plan.shape, plan.cards
    yield (
        f"{shape.name}: {shape.parameters / 1e9:.1f} billion parameters, {shape.layers} layers, {shape.heads} heads, "
        f"{shape.key_value_heads} key-value heads, MLP {shape.intermediate_size}"
    )
    yield f"{cards.count} x {cards.card.name} = {cards.gigabytes} GB, {cards.card.dtype}, weights: {_name(plan)}"
    yield ""
    if plan.serving is not None:
        yield from _describe_memory(plan.serving)
        yield ""
    yield "tensor-parallel sizes, by divisibility alone:"
    yield from (f"  {split.gpus}: {_describe_split(plan, split)}" for split in plan.splits)
    yield ""
    yield from _describe_verdict(plan)
    yield from _compare_with_paper(plan)


def describe_durations(plan: Plan, rows: int | None, questions: int | None) -> Iterator[str]:
    """Yield how long training on `rows` rows and answering `questions` questions takes, or why that is unknown.

    None skips the line.
    """
    if plan.cards.card.speed is None:
        yield f"time: unknown for this {plan.cards.card.name}; specify the GPU by name, such as --gpus 8xA100"
        return
    if rows is not None:
        yield f"time: {_describe_training_time(plan, rows)}"
    if questions is not None:
        yield f"time: {_describe_answering_time(plan, questions)}"


def _describe_training_time(plan: Plan, rows: int) -> str:
    if plan.shape.is_quantized:
        return "no training estimate because the weights are already quantized"
    if choose_recipe(plan.shape, plan.cards) is None:
        return "no training estimate because no recipe fits"
    taken = _round(estimate_training_seconds(plan, rows))
    return f"about {taken} for an epoch of {rows} rows of {ROW_TOKENS} tokens, packed"


def _describe_answering_time(plan: Plan, questions: int) -> str:
    if not plan.fits:
        return "no answering estimate because the model does not fit"
    taken = _round(estimate_answering_seconds(plan, questions))
    return (
        f"about {taken} for {questions} questions of {PROMPT_TOKENS} tokens besides the demonstrations, "
        f"{ANSWER_TOKENS} tokens generated for each"
    )


def _round(seconds: float | None) -> str:
    minutes = round((seconds or 0) / 60)
    if minutes > _MOST_MINUTES:
        return f"{minutes / 60:.1f} hours"
    return f"{minutes} minutes" if minutes > 1 else "a minute"


def _name(plan: Plan) -> str:
    if plan.quantization is Quantization.NONE:
        return "16 bits"
    gptq = (plan.serving or plan).shape.gptq
    return f"GPTQ-Int{gptq.bits}, groups of {gptq.group_size}"


def _describe_memory(serving: Serving) -> Iterator[str]:
    gpus = serving.split.gpus
    rows = {
        "weights": serving.weights,
        "CUDA and NCCL": serving.processes,
        "activations": serving.activations,
        "left for the KV cache": serving.cache,
        f"vLLM may use {UTILIZATION:.0%}": serving.available,
    }
    yield f"{'GB on':<24}{f'{gpus} GPUs' if gpus > 1 else '1 GPU':>10}{'each':>10}"
    yield from (f"  {label:<22}{size / 1e9:>10.1f}{size / gpus / 1e9:>10.1f}" for label, size in rows.items())
    yield f"KV cache per token: {serving.cache_per_token / 1024:g} KiB; {serving.cached_tokens} tokens fit"


def _describe_split(plan: Plan, split: Split) -> str:
    if split.obstacle:
        return f"no, {split.obstacle}"
    if split.padded_width is None:
        return "divides"
    command = f"shopbench pad --model MERGED_FOLDER --output PADDED_FOLDER --gpus {split.gpus}"
    if plan.quantization is not Quantization.NONE and (group := split.apply(plan.shape).gptq.group_size) != LARGEST:
        command += f" --group-size {group}"
    return f"divides after padding the MLP to {split.padded_width}: {command}"


def _describe_verdict(plan: Plan) -> Iterator[str]:
    serving = plan.serving
    if serving is None or not serving.fits:
        yield _describe_lack(plan)
    else:
        yield (
            f"fits: {serving.requests} requests of {serving.context} tokens at once"
            f"{', the maximum with these flags' if serving.requests == MOST_REQUESTS else ''}"
        )
        yield f"vLLM: {' '.join(list_vllm_flags(serving, plan.cards))}"
        if plan.quantization is Quantization.GPTQ_INT4 and not plan.shape.is_quantized:
            yield f"quantize: {_name_export(plan.shape, serving)}"
    if not plan.shape.is_quantized:
        yield _describe_training(plan)


def _describe_training(plan: Plan) -> str:
    recipe = choose_recipe(plan.shape, plan.cards)
    if recipe is None:
        return "train: no LoRA recipe fits on these GPUs; use more or larger ones"
    overrides = []
    if recipe.model != plan.shape.name:
        model = shlex.quote(f"model_name_or_path={plan.shape.name}")
        overrides = [model, "output_dir=ADAPTER_FOLDER", *_override_template(plan.shape)]
    if not plan.cards.card.has_bfloat16:
        overrides += ["bf16=false", "fp16=true"]
    command = " ".join(["llamafactory-cli train", f"llamafactory_configs/{recipe.path}", *overrides])
    return f"train: {command} (about {recipe.bytes_per_gpu / 1e9:.0f} GB on each GPU)"


def _override_template(shape: ModelShape) -> list[str]:
    """Return the override for the template of Qwen2's recipes: another model's tokenizer may lack its tokens."""
    return [] if shape.name.startswith("Qwen/Qwen2") else ["template=null"]


def _describe_lack(plan: Plan) -> str:
    if plan.serving is None:
        return f"does not split over {plan.cards.count} GPUs or fewer"
    lacking = max(plan.serving.context * plan.serving.cache_per_token - plan.serving.cache, 0)
    advice = "; try --quant gptq-int4" if plan.quantization is Quantization.NONE else ""
    return f"does not fit: {lacking / 1e9:.1f} GB are missing for one request of {plan.serving.context} tokens{advice}"


def list_vllm_flags(serving: Serving, cards: Cards) -> list[str]:
    """Return the flags for vLLM's server that the plan assumes."""
    return [
        f"--tensor-parallel-size {serving.split.gpus}",
        f"--dtype {cards.card.dtype}",
        f"--max-model-len {serving.context}",
        f"--gpu-memory-utilization {UTILIZATION}",
        f"--max-num-batched-tokens {BATCHED_TOKENS}",
        f"--max-num-seqs {MOST_REQUESTS}",
        "--enable-prefix-caching",
    ]


def _name_export(shape: ModelShape, serving: Serving) -> str:
    """Return the command that quantizes the merged model; a model without its own recipe overrides the folders."""
    recipe_model = _PAPER_MODEL if shape.hidden_size >= _PAPER_MODEL.hidden_size else _SMALL_MODEL
    size = "72b" if recipe_model is _PAPER_MODEL else "7b"
    guard = [] if serving.shape.gptq.group_size == LARGEST else ["SHOPBENCH_GUARD=1"]
    command = [*guard, f"llamafactory-cli export llamafactory_configs/gptq/qwen2_{size}_int4.yaml"]
    if shape.name != recipe_model.name:
        model = "MERGED_FOLDER" if serving.split.padded_width is None else "PADDED_FOLDER"
        command += [
            f"model_name_or_path={model} export_dir=GPTQ_FOLDER",
            "export_quantization_dataset=CALIBRATION_FILE",
        ]
        command += _override_template(shape)
    return " ".join(command)


def _compare_with_paper(plan: Plan) -> Iterator[str]:
    """Yield the paper's figures for its model that differ from these, and why."""
    if (plan.shape.hidden_size, plan.shape.layers) != (_PAPER_MODEL.hidden_size, _PAPER_MODEL.layers):
        return
    if plan.serving is None:
        return
    yield ""
    weights = plan.serving.weights / 1e9
    if plan.quantization is Quantization.NONE:
        yield (
            f"The paper says about 144 GB of weights, here {weights:.1f}: "
            f"it counts 72 billion parameters, the config has {plan.shape.parameters / 1e9:.1f} billion."
        )
        return
    yield (
        f"The paper says about 41 GB of weights, here {weights:.1f}: {plan.serving.shape.linear_parameters / 1e9:.1f} "
        f"billion weights at {plan.shape.gptq.bits} bits with scales, and embedding and output head, which stay at 16 "
        "bits."
    )
    rest = _PAPER_IN_USE - plan.serving.count_in_use(0, 0)
    tokens = rest // plan.serving.cache_per_token
    if tokens > 0:
        yield (
            f"The paper says 48 GB in use: here that corresponds to {tokens} tokens in the KV cache "
            f"({_BATCH} questions of {tokens // _BATCH}). vLLM itself always allocates its whole share, "
            f"{plan.serving.available / 1e9:.1f} GB, and uses the rest as KV cache."
        )
