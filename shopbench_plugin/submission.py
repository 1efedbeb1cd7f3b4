"""The competition's model interface over the predictor: set the starter kit's UserModel to `ShopBenchModel`.

The kit creates the model without arguments, so its settings come from the environment: SHOPBENCH_CONFIG names a predict
recipe, and SHOPBENCH_ with one of its keys in capitals (SHOPBENCH_MODEL, SHOPBENCH_PRESET ...) overrides it.
"""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from typing import TypedDict

from shopbench_plugin.core.errors import make_printable
from shopbench_plugin.core.settings import merge
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.engines.interface import Engine, RefusedError
from shopbench_plugin.postprocess import repair
from shopbench_plugin.predict import Prediction, Predictor, PredictorSettings
from shopbench_plugin.predict.settings import read_settings
from shopbench_plugin.routing import route_question

_LARGEST_BATCH = 16
# The competition ends a run that takes over 10 s per question; a step of the engine can't be interrupted.
_SECONDS_PER_QUESTION = 9.0
# Between two attempts with a failing engine.
_REST_SECONDS = 0.5
_LONGEST_REASON = 500
_log = logging.getLogger(__name__)


class Batch(TypedDict):
    """The starter kit's input: the questions' texts."""

    prompt: Sequence[str]


class ShopBenchModel:
    """Answers the competition's batches."""

    def __init__(self, engine: Engine | None = None) -> None:
        """Read the settings from the environment and load the model.

        Args:
            engine: used instead of the engine that the settings describe.

        Raises:
            ShopBenchError: a variable is invalid, or the model can't be loaded.
        """
        settings = read_environment(os.environ)
        self._batch_size = min(settings.engine.batch_size, _LARGEST_BATCH)
        self._predictor = Predictor(settings, engine)
        self._predictor.load()

    def get_batch_size(self) -> int:
        """Return the maximum number of questions in a batch, 1 to 16."""
        return self._batch_size

    def batch_predict(self, batch: Batch, is_multiple_choice: bool) -> list[str]:
        """Return an answer for each question, valid under the evaluator's rules, within the time budget.

        An exception would end the evaluation: if the engine fails, it is retried as long as there is time, and
        questions that are then unanswered get a valid fallback answer. A warning is logged.

        Args:
            batch: the texts under "prompt"; None is an empty question.
            is_multiple_choice: whether all of them are multiple choice.
        """
        texts = ("" if text is None else str(text) for text in batch["prompt"])
        questions = [Question(text, is_multiple_choice=is_multiple_choice) for text in texts]
        found, problem = self._answer(questions)
        reasons = list(filter(None, (_explain(found.get(index), problem) for index in range(len(questions)))))
        if reasons:
            _log.warning(
                "%d of %d questions got a valid fallback answer (the first: %s)",
                *(len(reasons), len(questions), reasons[0]),
            )
        return [
            found[index].prediction if index in found else repair("", route_question(question))
            for index, question in enumerate(questions)
        ]

    def _answer(self, questions: Sequence[Question]) -> tuple[dict[int, Prediction], str]:
        """Return predictions by question, and the last reason why a question has none."""
        deadline = self._predictor.find_deadline(len(questions))
        found: dict[int, Prediction] = {}
        problem = "the engine skipped it"
        groups = [list(range(len(questions)))]
        while groups:
            group = groups.pop(0)
            try:
                for place, prediction in self._predictor.answer([questions[index] for index in group], deadline):
                    found[group[place]] = prediction
            except RefusedError as error:
                problem = str(error)
            except Exception as error:  # noqa: BLE001  any exception would end the evaluation
                problem = _describe(error)
                if deadline is None or time.monotonic() + _REST_SECONDS >= deadline:
                    break
                time.sleep(_REST_SECONDS)
                # One by one, so that a question that causes the failure doesn't affect the others.
                groups += [[index] for index in group if index not in found]
        return found, problem


def read_environment(environment: Mapping[str, str]) -> PredictorSettings:
    """Return the settings of the SHOPBENCH_ variables, which override the recipe of SHOPBENCH_CONFIG.

    Raises:
        ShopBenchError: a variable is unknown, has an invalid value, or none names a model.
    """
    merged = merge(environment=environment, defaults={"seconds_per_question": _SECONDS_PER_QUESTION})
    return read_settings(merged, PredictorSettings)


def _explain(prediction: Prediction | None, problem: str) -> str:
    """Return why a question has no complete answer from the model, "" if it has one."""
    if prediction is None:
        return problem
    return prediction.refusal or ("time was up" if prediction.finish_reason == "deadline" else "")


def _describe(error: Exception) -> str:
    reason = f"{type(error).__name__}: {error}"
    return make_printable(" ".join(reason.split())[:_LONGEST_REASON])
