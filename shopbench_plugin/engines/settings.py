"""The settings common to all engines; an engine's own settings are in its file.

An engine is the class of its settings: it has the engine's name and the packages it needs, and loads the engine.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from shopbench_plugin.core.errors import ShopBenchError, missing_package, unknown_name
from shopbench_plugin.core.vocabulary import TaskType, Track
from shopbench_plugin.models.adapters import check_served_adapter
from shopbench_plugin.models.arithmetic import choose_dtype, describe_machine
from shopbench_plugin.models.checkpoints import read_config
from shopbench_plugin.models.model_folder import check_model_folder

if TYPE_CHECKING:
    from shopbench_plugin.engines.interface import Engine

# Bounds that pydantic checks in recipes and environment variables; the flags of the commands have the same ones.
Count = Annotated[int, Field(ge=1, lt=2**31)]
Seconds = Annotated[float, Field(ge=0.001, allow_inf_nan=False)]

UNDECISIVE: Mapping[str, bool] = MappingProxyType({"decides": False})
"""Metadata of a field that affects how fast or where a run executes, but not the answers: an interrupted run may be
resumed with another value."""


def find_decisive(settings: Any) -> dict[str, Any]:
    """Return the values of a settings record's fields, except those marked `UNDECISIVE`."""
    return {one.name: getattr(settings, one.name) for one in fields(settings) if one.metadata != UNDECISIVE}


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings(ABC):
    """How an engine is loaded; the field names are the keys of a predict recipe.

    Attributes:
        name: its name for the key `engine` and the flag --engine.
        packages: what must be installed for it.
        extra: the extra of this project that installs them; "" if they are installed by their own names.
        model: model folder or Hub ID; for a server, the name it serves the model under.
        max_model_len: maximum tokens of prompt and answer together; None for the model's own limit.
        batch_size: prompts per batch if the engine doesn't decide, and the maximum for the competition's model.
    """

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""

    model: str
    max_model_len: Count | None = None
    batch_size: Count = field(default=16, metadata=UNDECISIVE)

    @abstractmethod
    def load(self) -> "Engine":
        """Load the engine.

        Raises:
            ShopBenchError: it can't load the model, or reach its server.
        """

    def list_adapters(self) -> tuple[str, ...]:
        """Return the folders of the adapters used with the model, in a fixed order."""
        return ()

    def choose_adapter(self, *kinds: str | None) -> str | None:  # noqa: ARG002  an engine need not have any
        """Return the folder of the adapter for these `kinds` (a question's track, its task type)."""
        return None

    def can_score_labels(self) -> bool:
        """Return whether the loaded engine will be a `ScoringEngine`."""
        return False

    def check_model(self) -> None:  # noqa: B027  an engine need not check
        """Raise a ShopBenchError if the model is missing or incomplete, as far as can be seen without loading it."""

    def check_packages(self) -> None:
        """Raise a ShopBenchError that names the first missing package, and the command that installs it."""
        for package in self.packages:
            if find_spec(package) is None:
                raise missing_package(package, self.extra, f"pass another --engine than {self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings(EngineSettings):
    """Settings of the engines that load a model themselves.

    Attributes:
        dtype: "bfloat16", "float16" or "float32"; "auto" for the checkpoint's, or a faster one than its 16 bits.
        deterministic: answer each question as if it were the only one, regardless of the others: slower, see
            docs/reliability.md.
        trust_remote_code: run code that comes with the model; off unless you trust it.
        adapter: folder of a LoRA adapter that is applied without merging; None for the base.
        adapters: folders of further ones, by the question's track or, if that has none, its routed task type.
    """

    dtype: str = "auto"
    deterministic: bool = False
    trust_remote_code: bool = False
    adapter: str | None = None
    adapters: dict[str, str] = field(default_factory=dict)

    def list_adapters(self) -> tuple[str, ...]:
        """Return the folders of all adapters, each once, in a fixed order."""
        return tuple(dict.fromkeys(folder for folder in (self.adapter, *self.adapters.values()) if folder))

    def choose_adapter(self, *kinds: str | None) -> str | None:
        """Return the folder of the adapter of the first of these `kinds` that has one, else `adapter`."""
        return next((self.adapters[kind] for kind in kinds if kind in self.adapters), self.adapter)

    def find_dtype(self) -> str:
        """Return the data type to load the model in; "auto" for the checkpoint's."""
        if self.dtype != "auto" or not Path(self.model).is_dir():
            return self.dtype
        return choose_dtype(read_config(Path(self.model)), describe_machine())

    def check_model(self) -> None:
        """Raise a ShopBenchError if the model folder is incomplete, or an adapter doesn't fit the model."""
        check_model_folder(self.model)
        self.check_adapters()

    def check_adapters(self) -> None:
        """Raise a ShopBenchError if an adapter is for an unknown kind of question, or doesn't fit the model."""
        known = [*Track, *TaskType]
        for kind in self.adapters:
            if kind not in known:
                raise ShopBenchError(f"adapters: {unknown_name('track or task type', kind, known)}")
        for folder in self.list_adapters():
            check_served_adapter(Path(folder), self.model)
