"""Transformers' generate in batches: slower than vLLM, but it runs anywhere that transformers does."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import Any

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.errors import ShopBenchError, describe_exception
from shopbench_plugin.core.quiet import discard_prints
from shopbench_plugin.core.vocabulary import FinishReason, Message
from shopbench_plugin.engines.adapter_switch import AdapterSwitch
from shopbench_plugin.engines.chat_tokens import ChatTokenizer
from shopbench_plugin.engines.greedy import adopt_greedy_decoding
from shopbench_plugin.engines.interface import Completion, Engine, OnText, Prompt, complete_with_label
from shopbench_plugin.engines.label_tree import Tokens, grow_label_tree
from shopbench_plugin.engines.row_control import ConstraintCompiler, RowConstraints, RowLimits, RowTexts
from shopbench_plugin.engines.settings import LocalSettings
from shopbench_plugin.models.model_folder import suggest_remedy
from shopbench_plugin.models.turn_end import find_turn_end


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersSettings(LocalSettings):
    """Transformers' generate in batches of `batch_size`."""

    name = "transformers"
    packages = ("torch", "transformers")
    extra = "train"

    def can_score_labels(self) -> bool:
        """Return True: every model's logits can be read."""
        return True

    def load(self) -> Engine:
        """Load the model onto the available GPUs, else the CPU.

        Raises:
            ShopBenchError: transformers can't load the model.
        """
        return TransformersEngine(self)


ENGINE = TransformersSettings


@dataclass(frozen=True, slots=True)
class _Request:
    index: int
    token_ids: list[int]
    constraint: Constraint
    adapter: str


_Batch = Sequence[_Request]
_Answers = Iterator[tuple[int, Completion]]


class TransformersEngine:
    """Completes dialogues with transformers, those of similar length together."""

    def __init__(self, settings: TransformersSettings, loaded: tuple[Any, Any] | None = None) -> None:
        """Load the model onto the available GPUs, else the CPU, or use a `loaded` one (model, tokenizer).

        Raises:
            ShopBenchError: transformers can't load the model.
        """
        self._settings = settings
        # A batch's size and padding affect the choice of kernels, which round differently.
        self._batch_size = 1 if settings.deterministic else settings.batch_size
        self._model, self._tokenizer = loaded or _load(settings)
        self._adapters = AdapterSwitch(self._model, () if loaded else settings.list_adapters())
        self._chat = ChatTokenizer(self._tokenizer)
        self._end_tokens = adopt_greedy_decoding(self._model, self._tokenizer)
        self._compiler = ConstraintCompiler(self._model, self._tokenizer, self._end_tokens)

    @property
    def context_length(self) -> int:
        """Maximum number of tokens of a prompt and its answer together."""
        # ALiBi, as in Bloom, limits no positions.
        own: int = getattr(self._model.config, "max_position_embeddings", self._tokenizer.model_max_length)
        return min(own, self._settings.max_model_len or own)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the number of tokens of the dialogue as rendered for the model."""
        return len(self._chat.encode(messages))

    def complete(self, prompts: Sequence[Prompt], deadline: float | None = None) -> Iterator[tuple[int, Completion]]:
        """Yield (index into `prompts`, completion) for every prompt, batch by batch.

        At the `deadline`, a time on `time.monotonic()`, the current batch ends as is.
        """
        return self.complete_streamed(prompts, deadline)

    def complete_streamed(
        self, prompts: Sequence[Prompt], deadline: float | None, on_text: OnText | None = None
    ) -> Iterator[tuple[int, Completion]]:
        """Complete like `complete`, and call `on_text` after every token."""
        requests = [self._request(index, prompt) for index, prompt in enumerate(prompts)]
        # Rows of a batch wait for its longest prompt and its longest answer.
        requests.sort(key=lambda one: (one.adapter, one.constraint.max_tokens, len(one.token_ids)))
        yield from self._run(requests, deadline, lambda batch: self._generate(batch, deadline, on_text))

    def _run(
        self, requests: Sequence[_Request], deadline: float | None, answer: Callable[[_Batch], _Answers]
    ) -> _Answers:
        """Answer the requests batch by batch; at the deadline, give up the batches that haven't begun."""
        for batch in self._split(requests):
            if deadline is not None and time.monotonic() >= deadline:
                yield from ((request.index, Completion("", "deadline")) for request in batch)
            else:
                yield from answer(batch)

    def score_labels(
        self, prompts: Sequence[Prompt], deadline: float | None = None
    ) -> Iterator[tuple[int, Completion]]:
        """Yield (index into `prompts`, most probable choice) for every prompt, with the log-probabilities of all."""
        requests = [self._request(index, prompt) for index, prompt in enumerate(prompts)]
        requests.sort(key=lambda one: (one.adapter, len(one.token_ids)))
        yield from self._run(requests, deadline, self._score)

    def _score(self, batch: Sequence[_Request]) -> Iterator[tuple[int, Completion]]:
        end_token = find_turn_end(self._tokenizer)
        trees = [grow_label_tree(one.constraint.choices, self._chat.encode_text, end_token) for one in batch]
        asked = [(row, branch) for row, tree in enumerate(trees) for branch in tree.branches]
        scores: list[dict[Tokens, list[float]]] = [{} for _ in batch]
        for start in range(0, len(asked), self._batch_size):
            part = asked[start : start + self._batch_size]
            logits = self._read_next([[*batch[row].token_ids, *branch] for row, branch in part], batch[0].adapter)
            for (row, branch), found in zip(part, logits, strict=True):
                scores[row][branch] = found[list(trees[row].branches[branch])].tolist()
        for request, tree, found in zip(batch, trees, scores, strict=True):
            logprobs = tree.find_logprobs(found)
            yield request.index, complete_with_label(request.constraint.choices, logprobs, len(request.token_ids))

    def _read_next(self, rows: list[list[int]], adapter: str) -> Any:
        """Return the logits (rows, vocabulary) of the next token, in float32."""
        import torch

        padded = self._tokenizer.pad({"input_ids": rows}, padding_side="left", return_tensors="pt")
        with torch.inference_mode(), self._adapters.use(adapter):
            output = self._model.generate(
                **padded.to(self._model.device), max_new_tokens=1, output_logits=True, return_dict_in_generate=True
            )
        return output.logits[0].float()

    def _request(self, index: int, prompt: Prompt) -> _Request:
        adapter = prompt.adapter or self._settings.adapter or ""
        return _Request(index, self._chat.encode(prompt.messages), prompt.constraint, adapter)

    def _split(self, requests: Sequence[_Request]) -> Iterator[tuple[_Request, ...]]:
        """Yield sorted requests in batches, each with one adapter."""
        for _, group in groupby(requests, key=lambda one: one.adapter):
            rest = iter(group)
            while batch := tuple(islice(rest, self._batch_size)):
                yield batch

    def _generate(
        self, batch: Sequence[_Request], deadline: float | None, on_text: OnText | None
    ) -> Iterator[tuple[int, Completion]]:
        import torch

        padded = self._tokenizer.pad(
            {"input_ids": [request.token_ids for request in batch]}, padding_side="left", return_tensors="pt"
        ).to(self._model.device)
        start = padded["input_ids"].shape[1]
        limits = [request.constraint.max_tokens for request in batch]
        rows_control = RowConstraints(
            [self._compiler.make_processor(request.constraint) for request in batch],
            limits,
            start,
        )
        criteria: list[Any] = [RowLimits(limits, start, deadline)]
        if on_text is not None:
            tell = on_text
            criteria.append(RowTexts(lambda row, ids: tell(batch[row].index, self._read(batch[row], ids).text), start))
        with torch.inference_mode(), self._adapters.use(batch[0].adapter):
            rows = self._model.generate(
                **padded,
                max_new_tokens=max(limits),
                logits_processor=[rows_control],
                stopping_criteria=criteria,
            )
        completions = [self._read(request, row) for request, row in zip(batch, rows[:, start:].tolist(), strict=True)]
        worthless = rows_control.find_worthless([one.generated_tokens for one in completions])
        for request, completion, reason in zip(batch, completions, worthless, strict=True):
            yield request.index, completion if reason is None else replace(completion, finish_reason=reason)

    def _read(self, request: _Request, row: list[int]) -> Completion:
        limit = request.constraint.max_tokens
        end = next((place for place, token in enumerate(row[:limit]) if token in self._end_tokens), None)
        written = row[:limit] if end is None else row[:end]
        reason: FinishReason = "stop" if end is not None else "length" if len(written) == limit else "deadline"
        text: str = self._tokenizer.decode(written, skip_special_tokens=True)
        return Completion(
            # The last character may be incomplete; vLLM holds it back too.
            text=text.rstrip("\N{REPLACEMENT CHARACTER}"),
            finish_reason=reason,
            prompt_tokens=len(request.token_ids),
            generated_tokens=len(written) + (end is not None),
        )

    def close(self) -> None:
        """Release the model, so that its memory can be freed."""
        del self._model, self._compiler, self._adapters


def _load(settings: TransformersSettings) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    code = {"trust_remote_code": settings.trust_remote_code}
    try:
        tokenizer = AutoTokenizer.from_pretrained(settings.model, **code)
        with discard_prints():
            model = AutoModelForCausalLM.from_pretrained(
                settings.model,
                dtype=settings.find_dtype(),
                device_map="auto" if torch.cuda.is_available() else None,
                use_safetensors=True,
                **code,
            )
    except Exception as error:  # a broken model can raise almost anything
        reason = describe_exception(error)
        raise ShopBenchError(
            f"{settings.model}: transformers can't load it ({reason}); {suggest_remedy(settings.model)}"
        ) from error
    return model.eval(), tokenizer
