"""Reads users' YAML strictly into dataclasses, with all problems of a file in one error."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from reprlib import Repr
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from shopbench_plugin.core.errors import ShopBenchError, explain_os_error

T = TypeVar("T")


# Shows only part of a value, since a few aliases can expand to more than fits in memory.
_SHORT = Repr()
_SHORT.maxlevel = 2
_SHORT.maxstring = _SHORT.maxother = 200

_DEEPEST = 100

STRICT = ConfigDict(extra="forbid")
"""The `__pydantic_config__` of a dataclass whose unknown keys are an error."""


class _UniqueKeyLoader(yaml.CSafeLoader):
    """A safe loader that rejects duplicate keys, keys that aren't names, and zero bytes."""

    # A separate table: lm-format-enforcer, which vLLM imports, removes dates from the one that safe loaders share.
    yaml_constructors = {  # noqa: RUF012  as in PyYAML
        **yaml.SafeLoader.yaml_constructors,
        "tag:yaml.org,2002:timestamp": yaml.SafeLoader.construct_yaml_timestamp,
    }

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        # No path contains a zero byte.
        if isinstance(node, yaml.ScalarNode) and "\0" in node.value:
            raise yaml.MarkedYAMLError(problem=f"a zero byte in line {node.start_mark.line + 1}")
        return super().construct_scalar(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem=f"the key in line {key_node.start_mark.line + 1} is not a name")
            if key_node.value in seen:
                line = key_node.start_mark.line + 1
                raise yaml.MarkedYAMLError(problem=f"duplicate key '{key_node.value}' in line {line}")
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def read_yaml(path: Path, kind: type[T], *, empty: Any = None) -> T:
    """Read the YAML file at `path` as a `kind`: a dataclass, or a container of dataclasses.

    Args:
        path: the file.
        kind: the type of its content; pydantic converts and checks it.
        empty: the value of a file with only comments.

    Raises:
        ShopBenchError: the file can't be read or isn't YAML, or its content doesn't match `kind`; for an unknown key,
            the closest known one is suggested. One message has all problems of the content.
    """
    content = _load(path)
    try:
        value: T = adapt(kind).validate_python(empty if content is None else content)
    except ValidationError as error:
        problems = "; ".join(_describe_all(error.errors(), _find_keys(kind)))
        raise ShopBenchError(f"{path}: {problems}") from error
    return value


adapt: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)
"""Returns what checks and converts values to a type; building it takes longer than most of its uses."""


def _load(path: Path) -> Any:
    with explain_os_error(path, "read", "check the path"):
        content = path.read_bytes()
    try:
        _check_depth(content)
        return yaml.load(content, Loader=_UniqueKeyLoader)  # noqa: S506  a subclass of the safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ShopBenchError(f"{path}: not valid YAML ({' '.join(str(error).split())}); fix it") from error
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        # PyYAML's own readers of tagged values and of dates: "!!int x", "2001-99-99".
        raise ShopBenchError(
            f"{path}: contains a value that does not match its tag or form ({error}); fix it"
        ) from error


def _check_depth(content: bytes) -> None:
    """Reject too deeply nested lists before the C composer recurses into them."""
    depth = 0
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.MarkedYAMLError(problem="lists are nested too deeply")


def _describe_all(details: Iterable[ErrorDetails], known: Iterable[str]) -> Iterator[str]:
    """Yield a phrase for each problem, and last the known keys if an unknown key resembles none of them."""
    choices = sorted(known)
    is_foreign = False
    for detail in details:
        if detail["type"] != "unexpected_keyword_argument":
            where = locate_problem(detail)
            yield f"'{where}' is {describe_problem(detail)}" if where else describe_problem(detail)
            continue
        close = get_close_matches(str(detail["loc"][-1]), choices, n=1)
        is_foreign |= not close
        hint = f", did you mean '{close[0]}'?" if close else ""
        yield f"'{locate_problem(detail)}' is an unknown key{hint}"
    if is_foreign:
        yield f"known keys are {', '.join(choices)}"


def locate_problem(detail: ErrorDetails) -> str:
    """Return the path of a problem within a record: "scoring.resamples", "" for the record itself."""
    return ".".join(str(part) for part in detail["loc"] if part != "[key]")


def describe_problem(detail: ErrorDetails) -> str:
    """Return what is wrong with a value: "missing", or the value and what it should be."""
    if detail["type"] == "missing":
        return "missing"
    if detail["type"] == "unexpected_keyword_argument":
        return "an unknown key"
    message = detail["msg"][:1].lower() + detail["msg"][1:]
    return f"{_SHORT.repr(detail['input'])}: {message}" if detail["loc"] else message


def _find_keys(kind: Any) -> set[str]:
    """Return the field names of every dataclass within `kind`."""
    if get_origin(kind) is not None:
        return set().union(*(_find_keys(part) for part in get_args(kind)))
    if not is_dataclass(kind):
        return set()
    names = {field.name for field in fields(kind)}
    return names.union(*(_find_keys(field.type) for field in fields(kind)))
