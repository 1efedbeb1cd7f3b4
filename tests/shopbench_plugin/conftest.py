"""A tiny model and data for everything that LlamaFactory does with them; the texts are made up here."""

import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from filelock import FileLock

from tests.warm_start import LLAMAFACTORY_MODULES, find_warm_python, run_warm

PROJECT = Path(__file__).resolve().parents[2]
ON_THE_CPU = {"CUDA_VISIBLE_DEVICES": ""}
OFFLINE = {"HF_HUB_OFFLINE": "1", "SHOPBENCH_GUARD": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONWARNINGS": "ignore"}
# Random weights learn little through LoRA alone.
TRAIN_EMBEDDINGS = "additional_target=embed_tokens,lm_head"

_PRODUCTS = ("kettle", "tent", "lamp", "jacket", "backpack", "drill", "blender", "scarf", "notebook", "helmet")
_OPINIONS = {
    "positive": ("works wonderfully", "is worth every cent", "makes me happy each day"),
    "negative": ("broke at once", "is a waste of money", "went straight back"),
}


def make_dialogues(count: int, seed: int = 0) -> list[dict[str, str]]:
    """Return rows in LlamaFactory's alpaca columns, whose answers can be told from plain cues."""
    source = random.Random(seed)
    rows = []
    for _ in range(count):
        product, mood = source.choice(_PRODUCTS), source.choice(tuple(_OPINIONS))
        filler = " ".join(source.choices(_PRODUCTS, k=source.randint(3, 40)))
        review = f"The {product} {source.choice(_OPINIONS[mood])}. Bought together: {filler}."
        instruction = f"Is the writer of this review pleased?\n0. no\n1. yes\nReview: {review}\nAnswer: "
        rows.append({"instruction": instruction, "input": "", "output": "1" if mood == "positive" else "0"})
    return rows


def write_dataset(folder: Path, rows: list[dict[str, str]], name: str = "dialogues") -> Path:
    """Write `rows` as a dataset of LlamaFactory into `folder`, its dataset_info.json included."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    info = {name: {"file_name": f"{name}.jsonl", "columns": columns}}
    (folder / "dataset_info.json").write_text(json.dumps(info))
    return folder


@pytest.fixture(scope="session")
def tiny_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the dataset `dialogues`, 64 rows."""
    return write_dataset(tmp_path_factory.mktemp("data"), make_dialogues(64))


@pytest.fixture(scope="session")
def tiny_held_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 24 rows that no tiny model is trained on."""
    return write_dataset(tmp_path_factory.mktemp("held_out"), make_dialogues(24, seed=1)) / "dialogues.jsonl"


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that `make` fills for all workers of a run: the first one makes it, and the others wait."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    whole = folder.with_suffix(".whole")
    with FileLock(folder.with_suffix(".lock")):
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            whole.touch()
    return folder


@pytest.fixture(scope="session")
def tiny_base_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Qwen2 whose MLP is an odd number of GPTQ groups wide."""
    return make_once(tmp_path_factory, "base", make_base_model)


def make_base_model(folder: Path) -> None:
    """Write a tiny Qwen2 with weights of its own, so that tuning the demo's model leaves the reference losses alone."""
    from transformers import AutoConfig, GenerationConfig, Qwen2ForCausalLM, set_seed

    from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model

    texts = [text for row in make_dialogues(64) for text in row.values()]
    create_tiny_model(texts, folder, TinyModelSettings(vocabulary_size=512, intermediate_size=384))
    config = AutoConfig.from_pretrained(folder, initializer_range=0.02)
    set_seed(0)
    model = Qwen2ForCausalLM(config)
    model.generation_config = GenerationConfig.from_pretrained(folder)
    model.save_pretrained(folder)


PROCESS_GROUP = {"MASTER_ADDR", "MASTER_PORT", "RANK", "LOCAL_RANK", "WORLD_SIZE"}


def run_llamafactory(
    stage: str, recipe: str, *overrides: str, accelerate: Path | None = None, **environment: str
) -> None:
    """Run llamafactory-cli with a recipe of the bundle, cut down to a tiny model by `overrides`.

    With a settings file for `accelerate`, that launches the processes.
    """
    program = Path(sys.executable).with_name("llamafactory-cli" if accelerate is None else "accelerate")
    launch = ["launch", "--config_file", str(accelerate), "-m", "llamafactory.launcher"]
    words = [stage] if accelerate is None else launch
    command = [str(program), *words, str(PROJECT / "llamafactory_configs" / recipe), *overrides]
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"  # LlamaFactory calls torchrun by its name
    # What an earlier test's own process group left in the environment would be taken for this one's.
    clean = {name: value for name, value in os.environ.items() if name not in PROCESS_GROUP}
    # torchrun starts its workers by it.
    python = str(find_warm_python(LLAMAFACTORY_MODULES))
    environment = clean | OFFLINE | ON_THE_CPU | {"PATH": path, "PYTHON_EXEC": python} | environment
    done = run_warm(LLAMAFACTORY_MODULES, command, PROJECT, environment)
    assert done.returncode == 0, done.stderr[-3000:]


def train_tiny(recipe: str, base: Path, data: Path, output: Path, *overrides: str, **environment: Any) -> list[float]:
    """Train eight steps of eight packed rows on the CPU with a recipe of the bundle; return the losses of the steps."""
    settings = [
        f"model_name_or_path={base}",
        f"dataset_dir={data}",
        "dataset=dialogues",
        "preprocessing_num_workers=1",
        "cutoff_len=256",
        f"output_dir={output}",
        "per_device_train_batch_size=8",
        "gradient_accumulation_steps=1",
        "learning_rate=3.0e-3",
        "max_steps=8",
        "logging_steps=1",
        "save_strategy='no'",
        "val_size=0",  # the recipes hold rows out, and the reference losses are of all
        "eval_strategy='no'",
        "plot_loss=false",
        "bf16=false",
        "use_cpu=true",
    ]
    run_llamafactory("train", recipe, *settings, *overrides, **environment)
    return read_losses(output)


def read_losses(output: Path) -> list[float]:
    """Return the losses of a training's steps."""
    log = [json.loads(line) for line in (output / "trainer_log.jsonl").read_text().splitlines()]
    return [row["loss"] for row in log if "loss" in row]


@pytest.fixture
def train(tiny_base_model: Path, tiny_dataset: Path, tmp_path: Path) -> Callable[..., list[float]]:
    """`train_tiny` on the tiny model and data: a recipe, further overrides, and environment variables."""

    def train(recipe: str, *overrides: str, **environment: Any) -> list[float]:
        output = tmp_path / "output"
        return train_tiny(recipe, tiny_base_model, tiny_dataset, output, TRAIN_EMBEDDINGS, *overrides, **environment)

    return train


class TrainedModel(NamedTuple):
    """A base model, the LoRA adapter that was trained on it, and the losses of the steps."""

    base: Path
    adapter: Path
    losses: list[float]


@pytest.fixture(scope="session")
def trained_model(tiny_base_model: Path, tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """The tiny model with an adapter of rank 64."""

    def train(folder: Path) -> None:
        train_tiny("sft/qwen2_7b_lora.yaml", tiny_base_model, tiny_dataset, folder / "adapter", TRAIN_EMBEDDINGS)

    adapter = make_once(tmp_path_factory, "trained", train) / "adapter"
    return TrainedModel(tiny_base_model, adapter, read_losses(adapter))


@pytest.fixture(scope="session")
def merged_model(trained_model: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with its adapter merged."""

    def merge(folder: Path) -> None:
        models = f"model_name_or_path={trained_model.base}", f"adapter_name_or_path={trained_model.adapter}"
        output = f"export_dir={folder / 'model'}"
        run_llamafactory("export", "export/qwen2_7b_merge.yaml", *models, output, "infer_dtype=float32")

    return make_once(tmp_path_factory, "merged", merge) / "model"


@pytest.fixture(scope="session")
def quantized_model(merged_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The merged tiny model in GPTQ-Int4, as LlamaFactory leaves it."""

    def quantize(folder: Path) -> None:
        quantize_tiny(merged_model, folder)

    return make_once(tmp_path_factory, "quantized", quantize) / "model"


def quantize_tiny(model: Path, folder: Path) -> None:
    """Quantize a model to `folder / "model"` with the recipe for 7B models and the tests' own calibration texts."""
    texts = [f"{row['instruction']}{row['output']}" for row in make_dialogues(128, seed=2)]
    dialogues = [" ".join(texts[start : start + 4]) for start in range(0, len(texts), 4)]
    (folder / "calibration.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in dialogues))
    run_llamafactory(
        "export",
        "gptq/qwen2_7b_int4.yaml",
        f"model_name_or_path={model}",
        f"export_quantization_dataset={folder / 'calibration.jsonl'}",
        f"export_dir={folder / 'model'}",
        "export_quantization_nsamples=32",
        "export_quantization_maxlen=64",
    )
