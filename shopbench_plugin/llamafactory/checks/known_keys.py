"""The keys of recipes and what each accepts, read from the dataclasses in LlamaFactory's and transformers' source."""

import ast
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from shopbench_plugin.llamafactory.checks.source import find_package, read_enums, read_literal, read_source

_INFERENCE = ("model_args", "data_args", "finetuning_args", "generating_args")
"""LlamaFactory's files of arguments for everything but training (hparams/parser.py, _INFER_ARGS)."""
_LISTED = re.compile(r"\('\w+'(?:, '\w+')+\)")
"""A list of choices in a key's description, such as "('auto', 'te')"."""
_SIMPLE_TYPES = frozenset({"str", "int", "float", "bool", "dict", "list", "Any", "Optional"})


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a recipe.

    Attributes:
        group: the file that declares it (model_args, training_args), which is also LlamaFactory's name for its object.
        owners: the classes that declare it.
        types: names in its annotation, such as "int".
        choices: its allowed values; empty if any value of its type is allowed.
        default: its default; None also if it is computed.
        is_split: whether LlamaFactory splits a text at commas, and leaves a list unchanged.
    """

    group: str
    owners: tuple[str, ...]
    types: frozenset[str] = field(default=frozenset())
    choices: tuple[Any, ...] = ()
    default: Any = None
    is_split: bool = False

    @property
    def is_for_training(self) -> bool:
        """Whether only `llamafactory-cli train` accepts it."""
        return self.group not in _INFERENCE

    @property
    def is_number(self) -> bool:
        """Whether its value is a number."""
        return bool(self.types & {"int", "float"}) and self.types <= {"int", "float", "Optional"}


@cache
def read_recipe_keys() -> dict[str, Key]:
    """Return every key that a training or export recipe may have, LlamaFactory's and the trainer's.

    Raises:
        ShopBenchError: LlamaFactory or transformers is not installed.
    """
    files = [
        *sorted(find_package("transformers").glob("training_args*.py")),
        *sorted((find_package("llamafactory") / "hparams").glob("*_args.py")),
    ]
    found: dict[str, Key] = {}
    for name, key in (pair for file in files if file.name != "evaluation_args.py" for pair in _list_keys(file)):
        found[name] = replace(key, owners=found[name].owners + key.owners) if name in found else key
    return found


def _list_keys(file: Path) -> Iterator[tuple[str, Key]]:
    """Yield the fields of a file's dataclasses, except those that their constructors don't accept."""
    tree = read_source(file)
    split = {_name_split(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    group = "training_args" if file.stem.startswith("training_args") else file.stem
    for one in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for statement in one.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            name, value = statement.target.id, statement.value
            options = {word.arg: word.value for word in value.keywords} if isinstance(value, ast.Call) else {}
            if read_literal(options.get("init")) is False:
                continue
            types = frozenset(node.id for node in ast.walk(statement.annotation) if isinstance(node, ast.Name))
            choices = (*_list_choices(statement.annotation, types), *_read_metadata_choices(options.get("metadata")))
            yield name, Key(group, (one.name,), types, choices, _read_default(options.get("default")), name in split)


def _name_split(call: ast.Call) -> str:
    """Return NAME for the call `split_arg(self.NAME)`."""
    is_split = isinstance(call.func, ast.Name) and call.func.id == "split_arg"
    return call.args[0].attr if is_split and isinstance(call.args[0], ast.Attribute) else ""


def _list_choices(annotation: ast.expr, types: frozenset[str]) -> Iterator[Any]:
    if "Literal" in types:
        yield from (node.value for node in ast.walk(annotation) if isinstance(node, ast.Constant) and node.value)
    for name in types & read_enums().keys():
        yield from read_enums()[name].values()


def _read_metadata_choices(metadata: ast.expr | None) -> list[Any]:
    if not isinstance(metadata, ast.Dict):
        return []
    given = {read_literal(key): value for key, value in zip(metadata.keys, metadata.values, strict=True)}
    listed = _LISTED.search(str(read_literal(given.get("help"))))
    return read_literal(given.get("choices")) or (re.findall(r"\w+", listed[0]) if listed else [])


def _read_default(node: ast.expr | None) -> Any:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return read_enums().get(node.value.id, {}).get(node.attr)
    return read_literal(node)


def find_mistake(value: object, key: Key) -> str | None:
    """Return what a key requires instead of `value`; None if it accepts it or its type isn't simple."""
    if value is None:
        return None
    if key.choices:
        return _find_wrong_choice(value, key)
    if key.is_number:
        return _find_wrong_number(value, is_whole="float" not in key.types)
    if key.types == {"bool"}:
        return None if isinstance(value, bool) else "true or false"
    return _find_wrong_container(value, key)


def _find_wrong_container(value: object, key: Key) -> str | None:
    if not key.types or not key.types <= _SIMPLE_TYPES or key.is_split:
        return None
    if isinstance(value, list) and "list" not in key.types:
        return "a mapping" if "dict" in key.types else "text (commas separate several values)"
    return "text" if isinstance(value, dict) and "dict" not in key.types else None


def _find_wrong_choice(value: object, key: Key) -> str | None:
    takes_several = "list" in key.types
    if value is True and takes_several:  # as fsdp: true
        return None
    chosen: list[Any] = [value]
    if takes_several:
        chosen = value if isinstance(value, list) else str(value).split()
    if all(one in key.choices for one in chosen):
        return None
    if isinstance(value, bool) and "no" in key.choices:
        return f"one of {', '.join(map(str, key.choices))} (YAML reads no as false: write 'no')"
    return f"one of {', '.join(map(str, key.choices))}"


def _find_wrong_number(value: object, *, is_whole: bool) -> str | None:
    wanted = "a whole number" if is_whole else "a number"
    # YAML reads 1e-4 as a text, LlamaFactory's reader as a number; another number in quotes stays a text in both.
    if isinstance(value, str) and "e" not in value.lower():
        return f"{wanted} without quotes" if value.replace(".", "", 1).lstrip("+-").isdigit() else wanted
    try:
        number = float(str(value))
    except ValueError:
        return wanted
    return None if math.isfinite(number) and not (is_whole and not number.is_integer()) else wanted
