"""ShopBench's score during training: answer questions every few steps, keep the best checkpoint, stop early.

Off unless SHOPBENCH_VALIDATION names a file of questions with references. Environment variables reach every process
that torchrun starts; recipe keys can't be used because LlamaFactory rejects keys that it doesn't know.
"""

import os
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from transformers import TrainerCallback

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.engines.transformers_engine import TransformersEngine, TransformersSettings
from shopbench_plugin.formats.questions import read_development_set
from shopbench_plugin.llamafactory.import_hook import VALIDATION_VARIABLE
from shopbench_plugin.llamafactory.validation_records import (
    Validation,
    count_rounds_without_gain,
    find_best,
    keep_best_checkpoint,
    read_validations,
    write_validations,
)
from shopbench_plugin.predict.predictor import Predictor, collect
from shopbench_plugin.predict.settings import PredictorSettings
from shopbench_plugin.scoring import evaluate


@dataclass(frozen=True, slots=True)
class ValidationSettings:
    """How training is validated; each field except `file` is set by SHOPBENCH_VALIDATION_<FIELD> in the environment.

    Attributes:
        file: questions with references (SHOPBENCH_VALIDATION).
        every: steps between two rounds.
        questions: number of questions sampled from the file.
        seed: random seed for the sampling.
        patience: rounds without improvement after which training stops; 0 for never.
        batch_size: questions answered at a time.
    """

    file: Path
    every: int = 100
    questions: int = 64
    seed: int = 0
    patience: int = 0
    batch_size: int = 16


def read_validation_settings() -> ValidationSettings | None:
    """Return the settings from the environment; None if validation is off.

    Raises:
        ShopBenchError: a variable is not a whole number, or is too small.
    """
    file = os.environ.get(VALIDATION_VARIABLE)
    if not file:
        return None
    lowest = {"every": 1, "questions": 1, "seed": 0, "patience": 0, "batch_size": 1}
    numbers = {name: _read_number(name, least) for name, least in lowest.items()}
    return ValidationSettings(Path(file), **{name: number for name, number in numbers.items() if number is not None})


def _read_number(name: str, least: int) -> int | None:
    variable = f"{VALIDATION_VARIABLE}_{name.upper()}"
    text = os.environ.get(variable)
    if not text:
        return None
    if not text.isdecimal() or int(text) < least:
        raise ShopBenchError(f"{variable} is '{text:.40}'; set a whole number of at least {least}, or unset it")
    return int(text)


def add_validation(tuner_module: ModuleType) -> None:
    """Add the callback to every training run in this process; `tuner_module` is llamafactory.train.tuner."""
    train = tuner_module.run_exp

    def run_exp(args: Any = None, callbacks: Any = None) -> None:
        try:
            settings = read_validation_settings()
            added = [] if settings is None else [ValidationCallback(settings)]
        except ShopBenchError as error:
            raise SystemExit(f"error: {error}") from error
        train(args, [*(callbacks or []), *added])

    tuner_module.run_exp = run_exp  # type: ignore[attr-defined]


class ValidationCallback(TrainerCallback):  # type: ignore[misc]
    """Answers validation questions with the current model, and acts on the score.

    Every process answers every question: under ZeRO-3 no process can compute alone, and without it the others would
    wait. All processes act on the first one's result.
    """

    def __init__(self, settings: ValidationSettings) -> None:
        """Read and sample the questions, so that a bad file stops the run before training begins.

        Raises:
            ShopBenchError: the file can't be read or has no references.
        """
        self._settings = settings
        questions = read_development_set(settings.file)
        count = min(settings.questions, len(questions))
        drawn = sorted(random.Random(settings.seed).sample(range(len(questions)), count))  # noqa: S311  not for security
        self._questions = [questions[index] for index in drawn]
        self._validations: list[Validation] = []
        self._seconds = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002  the trainer's signature
        """Load the earlier rounds of a resumed training run."""
        self._validations = read_validations(Path(args.output_dir), before=state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
        """Validate every few steps; save a new best model, and stop after `patience` rounds without improvement."""
        if state.global_step % self._settings.every == 0 or state.global_step == state.max_steps:
            self._validate(args, state, kwargs["model"], kwargs["processing_class"])
            best = find_best(self._validations)
            control.should_save |= best is not None and best.step == state.global_step
            patience = self._settings.patience
            if patience and count_rounds_without_gain(self._validations) >= patience:
                control.should_training_stop = True
        return control

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Keep the checkpoint of the best round."""
        best = find_best(self._validations)
        if state.is_world_process_zero and best is not None and best.step == state.global_step:
            keep_best_checkpoint(Path(args.output_dir), state.global_step)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Print which checkpoint was best and how long validation took."""
        best = find_best(self._validations)
        if state.is_world_process_zero and best is not None:
            _say(f"best score {best.score:.3f} at step {best.step}, kept in {args.output_dir}/best; "
                 f"validation took {self._seconds:.0f} s")  # fmt: skip

    def _validate(self, args: Any, state: Any, model: Any, tokenizer: Any) -> None:
        started = time.monotonic()
        score, tasks = _broadcast(_score(self._questions, model, tokenizer, self._settings.batch_size))
        seconds = time.monotonic() - started
        self._seconds += seconds
        self._validations.append(Validation(state.global_step, score, tasks, round(seconds, 2)))
        if state.is_world_process_zero:
            write_validations(Path(args.output_dir), self._validations, state.log_history)
            _say(f"step {state.global_step}: score {score:.3f} on {len(self._questions)} questions, {seconds:.1f} s")


def _score(questions: list[Question], model: Any, tokenizer: Any, batch_size: int) -> tuple[float, dict[str, float]]:
    """Answer with the current model, and restore its state afterwards."""
    import torch

    was_training, generation_config, padding_side = model.training, model.generation_config, tokenizer.padding_side
    generator_state = torch.get_rng_state()
    model.eval()
    try:
        settings = TransformersSettings(model="", batch_size=batch_size)
        engine = TransformersEngine(settings, loaded=(model, tokenizer))
        predictor = Predictor(PredictorSettings(engine=settings), engine)
        predictions = collect(predictor.answer(questions), len(questions))
    finally:
        model.train(was_training)
        model.generation_config, tokenizer.padding_side = generation_config, padding_side
        torch.set_rng_state(generator_state)
    evaluation = evaluate(predictions)
    tasks = {name: task.score for name, task in evaluation.tasks.items() if task.score is not None}
    return evaluation.overall.score or 0.0, tasks


def _broadcast(result: tuple[float, dict[str, float]]) -> tuple[float, dict[str, float]]:
    from torch import distributed

    if not (distributed.is_available() and distributed.is_initialized()):
        return result
    held: list[Any] = [result]
    distributed.broadcast_object_list(held, src=0)
    found: tuple[float, dict[str, float]] = held[0]
    return found


def _say(line: str) -> None:
    sys.stderr.write(f"\nshopbench: {line}\n")
