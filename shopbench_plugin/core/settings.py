"""Settings from a recipe, the environment and flags: merged first, checked after that, every problem in one error.

Each source may have only some of the settings: a required one may come from any of them. A message names a setting as
in its source: a key of a file, a variable, or a flag.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.yaml_files import adapt, describe_problem, locate_problem, read_yaml

T = TypeVar("T")

PREFIX = "SHOPBENCH_"
CONFIG = "SHOPBENCH_CONFIG"
# Variables of other parts of the project, which are not settings of a prediction.
_OTHER_VARIABLES = (CONFIG, "SHOPBENCH_GUARD", "SHOPBENCH_VALIDATION")
_LLAMAFACTORY_KEYS = frozenset({"model_name_or_path", "stage", "finetuning_type", "export_dir"})
_MOST_UNKNOWN = 3
_MOST_KNOWN = 40


@dataclass(frozen=True, slots=True)
class Source:
    """Settings from one place.

    Attributes:
        values: by name; a value may be the unparsed text of a variable.
        label: returns a setting's name there, for a message.
        remedy: returns how to set missing settings there.
    """

    values: Mapping[str, Any]
    label: Callable[[str], str]
    remedy: Callable[[Sequence[str]], str]


def _as_flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _from_recipe(path: Path) -> Source:
    values = read_yaml(path, dict[str, Any], empty={})
    if _LLAMAFACTORY_KEYS & values.keys():
        raise ShopBenchError(
            f"{path}: is a LlamaFactory recipe (it has '{min(_LLAMAFACTORY_KEYS & values.keys())}'); run it with "
            "make sft, export or gptq, and pass a recipe like those in llamafactory_configs/predict to --config"
        )
    return Source(values, lambda name: f"{path}: '{name}'", lambda names: f"set {_it(names)} in {path}")


def _from_flags(flags: Mapping[str, Any]) -> Source:
    values = {name: value for name, value in flags.items() if value is not None and value != []}
    return Source(
        values, _as_flag, lambda names: f"pass {_join(names, _as_flag)} or set {_it(names)} in the --config file"
    )


def _from_environment(environment: Mapping[str, str]) -> Source:
    values = {
        variable.removeprefix(PREFIX).lower(): text
        for variable, text in environment.items()
        if variable.startswith(PREFIX) and not variable.startswith(_OTHER_VARIABLES) and text
    }
    return Source(
        values,
        _as_variable,
        lambda names: f"set {_join(names, _as_variable)}, or {CONFIG} to a predict recipe that has {_it(names)}",
    )


def _join(names: Sequence[str], label: Callable[[str], str]) -> str:
    return ", ".join(map(label, names))


def _it(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _as_variable(name: str) -> str:
    return PREFIX + name.upper()


@dataclass(frozen=True, slots=True)
class Merged:
    """Settings of several sources.

    Attributes:
        sources: from the lowest to the highest precedence; the last one says how to set what is missing.
        values: the merged values; later sources override earlier ones.
    """

    sources: tuple[Source, ...]
    values: Mapping[str, Any]

    def reject_unknown(self, known: Iterable[str]) -> None:
        """Raise a ShopBenchError that names the settings that are not in `known`, and suggests what was meant."""
        choices = sorted(known)
        unknown = [name for name in self.values if name not in choices]
        if not unknown:
            return
        problems, is_foreign = [], False
        for name in unknown[:_MOST_UNKNOWN]:
            close = get_close_matches(name, choices, n=1)
            is_foreign |= not close
            hint = f", did you mean {self._find_source(name).label(close[0])}?" if close else ""
            problems.append(f"{self._find_source(name).label(name)} is an unknown setting{hint}")
        if len(unknown) > _MOST_UNKNOWN:
            problems.append(f"{len(unknown) - _MOST_UNKNOWN} more are unknown")
        if is_foreign:
            problems.append(f"known are {', '.join(choices[:_MOST_KNOWN])}")
        raise ShopBenchError("; ".join(problems))

    def check(self, *kinds: type[Any], made: Sequence[str] = ()) -> None:
        """Check the settings against each of the `kinds`.

        Args:
            kinds: dataclasses, whose fields without a default are required.
            made: fields that the caller fills in later.

        Raises:
            ShopBenchError: values are missing or wrong; the message names all of them.
        """
        details = [one for kind in kinds for one in self._find_problems(kind) if str(one["loc"][0]) not in made]
        missing = [str(detail["loc"][0]) for detail in details if _is_missing(detail)]
        problems = [self._describe(detail) for detail in details if not _is_missing(detail)]
        if missing:
            word = "setting" if len(missing) == 1 else "settings"
            names = ", ".join(f"'{name}'" for name in missing)
            problems.append(f"missing {word} {names}: {self.sources[-1].remedy(missing)}")
        if problems:
            raise ShopBenchError("; ".join(dict.fromkeys(problems)))

    def build(self, kind: type[T], **made: Any) -> T:
        """Return the record with the values of its fields, and those `made` by the caller."""
        built: T = adapt(kind).validate_python({**self.values, **made})
        return built

    def _find_problems(self, kind: type[Any]) -> list[ErrorDetails]:
        try:
            adapt(kind).validate_python(dict(self.values))
        except ValidationError as error:
            return error.errors()
        return []

    def _describe(self, detail: ErrorDetails) -> str:
        label = self._find_source(str(detail["loc"][0])).label(locate_problem(detail))
        return f"{label} is {describe_problem(detail)}"

    def _find_source(self, name: str) -> Source:
        return next((one for one in reversed(self.sources) if name in one.values), self.sources[-1])


def _is_missing(detail: ErrorDetails) -> bool:
    return detail["type"] == "missing" and len(detail["loc"]) == 1


def merge(
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> Merged:
    """Return the settings of all sources: flags override variables, these the recipe, and that the defaults.

    Args:
        config: the recipe; None for the one that SHOPBENCH_CONFIG names, if any.
        environment: the environment variables, if they are used.
        flags: the command line's, if there is one; None and an empty list count as not passed.
        defaults: replace the records' own.

    Raises:
        ShopBenchError: the recipe can't be read, or isn't one.
    """
    sources = [Source(defaults or {}, repr, lambda names: f"set {_it(names)}")]
    named = (environment or {}).get(CONFIG)
    path = config or (Path(named) if named else None)
    if path is not None:
        sources.append(_from_recipe(path))
    if environment is not None:
        sources.append(_from_environment(environment))
    if flags is not None:
        sources.append(_from_flags(flags))
    values: dict[str, Any] = {}
    for source in sources:
        values |= source.values
    return Merged(tuple(sources), values)
