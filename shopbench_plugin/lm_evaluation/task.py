r"""A track of ShopBench, or all of it, as a task of lm-evaluation-harness; the YAML files in `tasks` define them.

Prompts, demonstrations, answer parsing and scores are this project's functions; the harness runs the model.
`shopbench predict` with `constraints: false` and the transformers engine has the same scores, as long as every prompt
fits into the model's context: the harness truncates longer ones at their beginning.

    SHOPBENCH_INPUT=FILE lm_eval --tasks shopbench --include_path "$(shopbench lm-eval)" --apply_chat_template \
        --model hf --model_args pretrained=DIR

The files come from the environment, or from the harness's --metadata '{"input": "FILE", "preset": "fewshot",
"development_set": "FILE", "evaluator": "shopping-mmlu"}'; the input is a set of any format in formats/.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import cached_property
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.task import Task
from lm_eval.config.task import TaskConfig

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.evaluators import DEFAULT_EVALUATOR
from shopbench_plugin.core.vocabulary import Message, Question
from shopbench_plugin.demonstrations.choice import DemonstrationSet
from shopbench_plugin.lm_evaluation.steps import (
    build_dialogue,
    count_tokens,
    make_row,
    read_demonstrations,
    read_track,
    score_rows,
    to_number,
)

_METRIC = "score"


class ShopBenchTask(Task):  # type: ignore[misc]
    """The questions of `metadata.track`, or all if a task's YAML has none."""

    VERSION = 1
    OUTPUT_TYPE = "generate_until"

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        """Store the task's YAML; the files are read when the harness requests the questions."""
        super().__init__()
        given = dict(config or {})
        metadata = {"version": self.VERSION} | (given.get("metadata") or {})
        self._config = TaskConfig(task=given.get("task"), task_alias=given.get("task_alias"), metadata=metadata)

    def download(self, *_: Any, **__: Any) -> None:
        """Do nothing: the files are local."""

    def has_training_docs(self) -> bool:
        """Return False: the preset chooses the demonstrations, so the harness must not draw them."""
        return False

    def has_validation_docs(self) -> bool:
        """Return False; all questions are for testing."""
        return False

    def has_test_docs(self) -> bool:
        """Return True."""
        return True

    def test_docs(self) -> list[dict[str, Any]]:
        """Return the track's questions as rows.

        Raises:
            ShopBenchError: no file is set, it can't be read, or it has no question of the track.
        """
        return self._rows

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        questions = read_track(self._find_setting("input"), self._config.metadata.get("track"))
        return [asdict(question) for question in questions]

    @cached_property
    def _demonstrations(self) -> DemonstrationSet:
        return read_demonstrations(self._find_setting("preset") or "zero-shot", self._find_setting("development_set"))

    def _find_setting(self, name: str) -> str | None:
        return self._config.metadata.get(name) or os.environ.get(f"SHOPBENCH_{name.upper()}")

    def doc_to_text(self, doc: Mapping[str, Any]) -> str:
        """Return the prompt for a model without a chat template: the turns of the dialogue one after the other."""
        return "\n\n".join(message.content for message in self._build_messages(doc))

    def doc_to_target(self, doc: Mapping[str, Any]) -> str:
        """Return the reference as text, for the harness's logs."""
        return str(doc["output_field"])

    def fewshot_context(
        self,
        doc: Mapping[str, Any],
        num_fewshot: int = 0,
        *,
        system_instruction: str | None = None,
        apply_chat_template: bool = False,
        chat_template: Callable[[list[dict[str, str]]], str] | None = None,
        **_: Any,
    ) -> str:
        """Return the prompt, rendered by the model's chat template if the harness applies it.

        Raises:
            ShopBenchError: the harness is set to draw its own demonstrations.
        """
        if num_fewshot:
            raise ShopBenchError("leave out --num_fewshot: the preset (SHOPBENCH_PRESET) chooses the demonstrations")
        if not (apply_chat_template and chat_template):
            text = self.doc_to_text(doc)
            return f"{system_instruction}\n\n{text}" if system_instruction else text
        messages = self._build_messages(doc, system_instruction)
        return chat_template([{"role": message.role, "content": message.content} for message in messages])

    def _build_messages(self, doc: Mapping[str, Any], system_prompt: str | None = None) -> tuple[Message, ...]:
        return build_dialogue(Question(**doc), self._demonstrations, system_prompt)

    def construct_requests(self, doc: Mapping[str, Any], ctx: str, **kwargs: Any) -> Instance:
        """Return the request for a greedy answer, limited to the tokens that the question's answers need."""
        generation = {"until": [], "max_gen_toks": count_tokens(Question(**doc)), "do_sample": False}
        metadata = kwargs["metadata"]
        return Instance(request_type="generate_until", doc=doc, arguments=(ctx, generation), idx=0, metadata=metadata)

    def process_results(self, doc: Mapping[str, Any], results: Iterable[str]) -> dict[str, Any]:
        """Return the row with its repaired and raw answer, which `aggregation` scores."""
        return {_METRIC: make_row(Question(**doc), next(iter(results)))}

    def aggregation(self) -> dict[str, Callable[[list[Mapping[str, Any]]], float]]:
        """Return the function from all answers to the score: the mean over tasks, with micro F1 pooled."""
        evaluator = self._find_setting("evaluator") or DEFAULT_EVALUATOR
        return {_METRIC: lambda rows: to_number(score_rows(rows, evaluator).overall.score)}

    def higher_is_better(self) -> dict[str, bool]:
        """Return True for the one metric."""
        return {_METRIC: True}
