"""The stages of the pipeline as commands on small inputs: what each writes, and what of it may differ between runs."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.checkpoints import open_checkpoint
from shopbench_plugin.models.model_folder import check_model_folder
from tests.faults.commands import DEVELOPMENT_SET, LLAMAFACTORY, PROJECT, QUESTIONS, SAMPLE, SHOPBENCH, run
from tests.faults.shop_server import MODEL, ShopServer

Command = list[object]

_RECIPES = PROJECT / "llamafactory_configs"
# They hold times, paths, and a set in no order.
_TRAINING_NOTES = (
    "adapter_config.json",
    "all_results.json",
    "train_results.json",
    "trainer_log.jsonl",
    "trainer_state.json",
    "training_args.bin",
)


@dataclass(slots=True)
class Inputs:
    """What the stages work on.

    Attributes:
        folder: the outputs of the stages before them.
        warm: the modules that their commands start with.
        questions: what is answered and scored.
        server: it answers.
    """

    folder: Path
    warm: tuple[str, ...] = ()
    questions: Path = QUESTIONS
    server: ShopServer = field(default_factory=lambda: ShopServer(seconds=0.02))

    def close(self) -> None:
        """Stop the server."""
        self.server.stop()


@dataclass(frozen=True, slots=True)
class Stage:
    """A command of the pipeline.

    Attributes:
        name: what the pipeline calls it.
        command: from inputs to the command, which is run in the folder for the outputs.
        outputs: the names of what it writes, files or folders.
        ignored: names of files that hold times and so differ from run to run.
        earliest: share of the undisturbed run's time before which it is not killed; the heavy tools only import then.
        completed_share: how often a kill is followed by a run to the end rather than by another kill.
        is_random: whether two undisturbed runs differ too.
        earlier: flags of an older run whose output the command replaces with --overwrite; none where there is none.
    """

    name: str
    command: Callable[[Inputs], Command]
    outputs: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    earliest: float = 0.0
    completed_share: float = 0.4
    is_random: bool = False
    earlier: tuple[str, ...] = ()


def is_taken_for_whole(path: Path) -> bool:
    """Tell whether the next stage would go on with an output: any file, and a model folder that passes the checks."""
    if path.is_file():
        return True
    try:
        check_model_folder(str(path))
        open_checkpoint(path)
    except ShopBenchError:
        return False
    return True


def _convert(_: Inputs) -> Command:
    return [SHOPBENCH, "convert", "--source", SAMPLE, "--output-dir", ".", "--name", "rows"]


def _make_model(inputs: Inputs) -> Command:
    return [SHOPBENCH, "tiny-model", "--text", inputs.folder / "rows.jsonl", "--output", "base"]


def _calibrate(inputs: Inputs) -> Command:
    files = ["--input", inputs.folder / "rows.jsonl", "--output", "calibration.jsonl"]
    return [SHOPBENCH, "calibrate", *files, "--tokenizer", inputs.folder / "base"]


def _predict(inputs: Inputs) -> Command:
    files = ["--input", inputs.questions, "--output", "answers.jsonl", "--development-set", DEVELOPMENT_SET]
    server = ["--engine", "openai", "--base-url", inputs.server.url, "--model", MODEL]
    return [SHOPBENCH, "predict", *files, *server, "--preset", "fewshot"]


def _predict_vllm(inputs: Inputs) -> Command:
    recipe = _RECIPES / "predict" / "tiny_fewshot.yaml"
    files = ["--input", inputs.questions, "--output", "answers.jsonl", "--development-set", DEVELOPMENT_SET]
    return [SHOPBENCH, "predict", "--config", recipe, "--model", inputs.folder / "base", *files]


def _evaluate(inputs: Inputs) -> Command:
    files = ["--predictions", inputs.folder / "answers.jsonl", "--reference", inputs.questions]
    return [SHOPBENCH, "evaluate", *files, "--json", "scores.json", "--report", "report.html"]


def _train(inputs: Inputs) -> Command:
    return [
        LLAMAFACTORY,
        "train",
        _RECIPES / "sft" / "tiny_lora_cpu.yaml",
        f"model_name_or_path={inputs.folder / 'base'}",
        f"dataset_dir={inputs.folder}",
        "dataset=rows",
        "max_samples=48",
        "num_train_epochs=1.0",  # not max_steps: resumed at its last step, transformers would go on for the epoch
        "output_dir=adapter",
        "overwrite_output_dir=false",
        "save_strategy=steps",
        "save_steps=2",
        "per_device_train_batch_size=4",
        "plot_loss=false",
    ]


def _export(inputs: Inputs) -> Command:
    models = [f"model_name_or_path={inputs.folder / 'base'}", f"adapter_name_or_path={inputs.folder / 'adapter'}"]
    return [LLAMAFACTORY, "export", _RECIPES / "export" / "tiny_merge.yaml", *models, "export_dir=merged"]


def _quantize(inputs: Inputs) -> Command:
    return [
        LLAMAFACTORY,
        "export",
        _RECIPES / "gptq" / "tiny_int4.yaml",
        f"model_name_or_path={inputs.folder / 'base'}",
        f"export_quantization_dataset={inputs.folder / 'calibration.jsonl'}",
        "export_quantization_nsamples=16",
        "export_dir=gptq",
    ]


_STAGES = (
    Stage("convert", _convert, ("rows.jsonl", "rows.report.json", "dataset_info.json")),
    Stage("tiny-model", _make_model, ("base",), earliest=0.3),
    Stage("calibrate", _calibrate, ("calibration.jsonl",)),
    Stage("predict", _predict, ("answers.jsonl",), earlier=("--preset", "zero-shot")),
    Stage("evaluate", _evaluate, ("scores.json", "report.html")),
    # What a row says of the prefix cache depends on what else was asked in the same run.
    Stage("predict-vllm", _predict_vllm, ("answers.jsonl",), earliest=0.4, is_random=True),
    Stage("sft", _train, ("adapter",), _TRAINING_NOTES, earliest=0.5, completed_share=0.3),
    Stage("export", _export, ("merged",), earliest=0.6),
    Stage("gptq", _quantize, ("gptq",), earliest=0.4, is_random=True),
)
STAGES = {stage.name: stage for stage in _STAGES}

# What a stage needs of the stages before it.
_NEEDS = {
    "tiny-model": ("convert",),
    "calibrate": ("convert", "tiny-model"),
    "evaluate": ("predict",),
    "predict-vllm": ("convert", "tiny-model"),
    "sft": ("convert", "tiny-model"),
    "export": ("convert", "tiny-model", "sft"),
    "gptq": ("convert", "tiny-model", "calibrate"),
}


def make_inputs(folder: Path, names: Iterable[str], warm: tuple[str, ...] = (), questions: Path = QUESTIONS) -> Inputs:
    """Run, undisturbed, every stage that the named ones need."""
    folder.mkdir(parents=True)
    inputs = Inputs(folder, warm, questions)
    wanted = {need for name in names for need in _NEEDS.get(name, ())}
    for name in (name for name in STAGES if name in wanted):
        outcome = run(STAGES[name].command(inputs), cwd=folder, warm=warm)
        if outcome.status:
            raise RuntimeError(f"{name} failed undisturbed: {outcome.err[-2000:]}")
    return inputs


def read_rows(path: Path) -> list[dict[str, object]]:
    """Return the rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
