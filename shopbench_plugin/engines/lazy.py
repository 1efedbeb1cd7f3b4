"""An engine that is loaded on first use: a run that is already complete loads none."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.interface import Completion, Engine, Prompt, require_scoring
from shopbench_plugin.engines.settings import EngineSettings

LoadEngine = Callable[[EngineSettings], Engine]


class LazyEngine:
    """Delegates to an engine that it loads on first use."""

    def __init__(self, settings: EngineSettings, load: LoadEngine) -> None:
        """Store what to load.

        Args:
            settings: of the engine.
            load: creates the engine from them.
        """
        self._settings = settings
        self._load = load

    @cached_property
    def _engine(self) -> Engine:
        return self._load(self._settings)

    @property
    def context_length(self) -> int:
        """Maximum number of tokens of a prompt and its answer together."""
        return self._engine.context_length

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the number of tokens of the dialogue as rendered for the model."""
        return self._engine.count_tokens(messages)

    def complete(self, prompts: Sequence[Prompt], deadline: float | None = None) -> Iterator[tuple[int, Completion]]:
        """Yield (index into `prompts`, completion) for every prompt, each as soon as it is ready."""
        yield from self._engine.complete(prompts, deadline)

    def score_labels(self, prompts: Sequence[Prompt], deadline: float | None) -> Iterator[tuple[int, Completion]]:
        """Yield the most probable choice for each prompt with the log-probabilities of all.

        Raises:
            ShopBenchError: the engine can't score labels.
        """
        yield from require_scoring(self._engine).score_labels(prompts, deadline)

    def close(self) -> None:
        """Close the engine, if it was loaded."""
        if "_engine" in self.__dict__:
            self._engine.close()
