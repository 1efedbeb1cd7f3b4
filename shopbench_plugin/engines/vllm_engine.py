"""vLLM in this process: batching, prefix caching, and constraints through structured outputs."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Annotated, Any, Literal

from pydantic import Field

from shopbench_plugin.core.errors import missing_package
from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.chat_tokens import ChatTokenizer
from shopbench_plugin.engines.interface import Completion, Engine, OnText, Prompt
from shopbench_plugin.engines.label_tree import grow_label_tree
from shopbench_plugin.engines.settings import UNDECISIVE, Count, LocalSettings
from shopbench_plugin.engines.vllm_loading import load_llm
from shopbench_plugin.engines.vllm_requests import (
    LabelScores,
    Pending,
    Request,
    read_completion,
    sampling_params,
    scoring_params,
)
from shopbench_plugin.models.model_folder import check_model_folder
from shopbench_plugin.models.turn_end import find_turn_end

# Enough to keep the scheduler busy; the rest is tokenized while these are computed.
_MOST_WAITING = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class VllmSettings(LocalSettings):
    """vLLM in this process, or on Ray with several replicas: the fastest engine, with batching and prefix caching.

    Attributes:
        tensor_parallel_size: GPUs that every layer is split over.
        pipeline_parallel_size: groups of GPUs that the layers are distributed over.
        data_parallel_size: replicas of the model on Ray; each answers a share of the questions on one machine.
        distributed_executor_backend: what runs a split model: "mp" on one machine, "ray" on several; None lets vLLM
            choose.
        gpu_memory_utilization: share of a GPU's memory that vLLM uses.
        cpu_cache_gib: memory for the key-value cache if vLLM runs on a CPU, in GiB.
        enforce_eager: no CUDA graphs or compilation; starts sooner, runs slower on a GPU.
        enable_prefix_caching: cache the prefixes that prompts share.
    """

    name = "vllm"
    packages = ("vllm",)
    extra = "serve"

    tensor_parallel_size: Count = field(default=1, metadata=UNDECISIVE)
    pipeline_parallel_size: Count = field(default=1, metadata=UNDECISIVE)
    data_parallel_size: Count = field(default=1, metadata=UNDECISIVE)
    distributed_executor_backend: Literal["mp", "ray"] | None = field(default=None, metadata=UNDECISIVE)
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] = field(default=0.9, metadata=UNDECISIVE)
    cpu_cache_gib: Count = field(default=2, metadata=UNDECISIVE)
    enforce_eager: bool = field(default=False, metadata=UNDECISIVE)
    enable_prefix_caching: bool = field(default=True, metadata=UNDECISIVE)

    def can_score_labels(self) -> bool:
        """Return whether there is one replica: those on Ray only complete."""
        return self.data_parallel_size == 1

    def check_model(self) -> None:
        """Raise a ShopBenchError if the model folder or an adapter is unfit, or can't be split over the GPUs."""
        check_model_folder(self.model, self.tensor_parallel_size)
        self.check_adapters()

    def load(self) -> Engine:
        """Load the model, or start its replicas.

        Raises:
            ShopBenchError: vLLM can't load the model, or Ray is missing.
        """
        if self.data_parallel_size == 1:
            return VllmEngine(self)
        if find_spec("ray") is None:
            raise missing_package("ray", "serve", "set data_parallel_size: 1")
        from shopbench_plugin.engines.ray_replicas import RayReplicas

        gpus = self.tensor_parallel_size * self.pipeline_parallel_size
        return RayReplicas(replace(self, data_parallel_size=1), self.data_parallel_size, gpus)


ENGINE = VllmSettings


class VllmEngine:
    """Completes dialogues with vLLM's engine, one step at a time, so that answers are yielded as soon as ready."""

    def __init__(self, settings: VllmSettings) -> None:
        """Load the model.

        Raises:
            ShopBenchError: vLLM can't load the model.
        """
        self._engine = load_llm(settings)
        self._adapter = settings.adapter
        self._adapters: dict[str, Any] = {}
        self._chat = ChatTokenizer(self._engine.get_tokenizer())
        self._requests = 0

    @property
    def context_length(self) -> int:
        """Maximum number of tokens of a prompt and its answer together."""
        length: int = self._engine.model_config.max_model_len
        return length

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the number of tokens of the dialogue as rendered for the model."""
        return len(self._chat.encode(messages))

    def complete(self, prompts: Sequence[Prompt], deadline: float | None = None) -> Iterator[tuple[int, Completion]]:
        """Yield (index into `prompts`, completion) for every prompt, each as soon as it is ready.

        At the `deadline`, a time on `time.monotonic()`, unfinished answers are given up and yielded as is.
        """
        return self.complete_streamed(prompts, deadline)

    def complete_streamed(
        self, prompts: Sequence[Prompt], deadline: float | None, on_text: OnText | None = None
    ) -> Iterator[tuple[int, Completion]]:
        """Complete like `complete`, and call `on_text` after every vLLM step."""
        requests = (
            Request(
                index,
                self._chat.encode(prompt.messages),
                sampling_params(prompt.constraint),
                self._choose_adapter(prompt),
            )
            for index, prompt in enumerate(prompts)
        )
        left = set(range(len(prompts)))
        for pending in self._run(requests, deadline, on_text):
            left.remove(pending.request.index)
            yield pending.request.index, read_completion(pending)
        yield from ((index, Completion("", "deadline")) for index in sorted(left))

    def score_labels(
        self, prompts: Sequence[Prompt], deadline: float | None = None
    ) -> Iterator[tuple[int, Completion]]:
        """Yield (index into `prompts`, most probable choice) for every prompt, with the log-probabilities of all."""
        end_token = find_turn_end(self._engine.get_tokenizer())
        scores = [
            LabelScores(grow_label_tree(prompt.constraint.choices, self._chat.encode_text, end_token))
            for prompt in prompts
        ]
        left = set(range(len(prompts)))
        for pending in self._run(self._ask_branches(prompts, scores), deadline):
            index, one = pending.request.index, scores[pending.request.index]
            if pending.is_finished:
                one.add(pending)
            if one.is_complete:
                left.remove(index)
                yield index, one.to_completion(prompts[index].constraint.choices)
        yield from ((index, Completion("", "deadline")) for index in sorted(left))

    def _ask_branches(self, prompts: Sequence[Prompt], scores: Sequence[LabelScores]) -> Iterator[Request]:
        for index, (prompt, one) in enumerate(zip(prompts, scores, strict=True)):
            token_ids = self._chat.encode(prompt.messages)
            for branch, followers in one.tree.branches.items():
                params = scoring_params(followers)
                yield Request(index, [*token_ids, *branch], params, self._choose_adapter(prompt), branch)

    def _choose_adapter(self, prompt: Prompt) -> str:
        return prompt.adapter or self._adapter or ""

    def _run(
        self, requests: Iterator[Request], deadline: float | None, on_text: OnText | None = None
    ) -> Iterator[Pending]:
        """Yield each request as soon as it is finished; at the deadline, the unfinished ones as is."""
        pending: dict[str, Pending] = {}
        try:
            while self._feed(requests, pending) or pending:
                yield from self._step(pending, on_text)
                if deadline is not None and time.monotonic() >= deadline:
                    break
            yield from pending.values()
        finally:
            self._engine.abort_request(list(pending))

    def _feed(self, requests: Iterable[Request], pending: dict[str, Pending]) -> bool:
        """Pass requests to vLLM until enough are in progress; return whether there were any."""
        from vllm.inputs import tokens_input

        if len(pending) > _MOST_WAITING // 2:
            return False
        added = False
        for request in requests:
            self._requests += 1
            name = str(self._requests)
            pending[name] = Pending(request)
            prompt, adapter = tokens_input(request.token_ids), self._find_adapter(request.adapter)
            self._engine.add_request(name, prompt, request.params, lora_request=adapter)
            added = True
            if len(pending) >= _MOST_WAITING:
                break
        return added

    def _find_adapter(self, folder: str) -> Any:
        """Return vLLM's request for an adapter, which it loads on first use; vLLM's numbers start at 1."""
        if folder and folder not in self._adapters:
            from vllm.lora.request import LoRARequest

            self._adapters[folder] = LoRARequest(folder, len(self._adapters) + 1, folder)
        return self._adapters.get(folder)

    def _step(self, pending: dict[str, Pending], on_text: OnText | None) -> Iterator[Pending]:
        for output in self._engine.step():
            one = pending[output.request_id]
            one.output = output
            if on_text is not None:
                on_text(one.request.index, output.outputs[0].text)
            if output.finished:
                del pending[output.request_id]
                yield one

    def close(self) -> None:
        """Stop vLLM's engine and free the memory it holds."""
        self._engine.engine_core.shutdown()
