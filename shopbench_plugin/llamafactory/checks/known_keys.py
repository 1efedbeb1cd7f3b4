"""The keys and values that the installed LlamaFactory and transformers know, read from their source.

Importing them takes ten seconds or more, too long for a check before each stage; their arguments are dataclasses.
"""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from shopbench_plugin.core.errors import missing_package

_ENUMS = {"optim": ("training_args.py", "OptimizerNames"), "lr_scheduler_type": ("trainer_utils.py", "SchedulerType")}


@cache
def read_recipe_keys() -> dict[str, ast.expr]:
    """Return every key that a training or export recipe may have (LlamaFactory's and the trainer's), with its type.

    Raises:
        ShopBenchError: LlamaFactory is not installed.
    """
    arguments = (find_package("llamafactory") / "hparams").glob("*_args.py")
    files = [
        *(file for file in arguments if file.name != "evaluation_args.py"),
        *find_package("transformers").glob("training_args*.py"),
    ]
    return {name: annotation for file in files for name, annotation in _list_fields(file)}


def find_mistake(value: object, annotation: ast.expr) -> str | None:
    """Return what a key of this type requires instead of `value`; None if it accepts it or its type isn't simple."""
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)} - {"Optional"}
    if value is None or not names:
        return None
    if names == {"Literal"}:
        choices = [node.value for node in ast.walk(annotation) if isinstance(node, ast.Constant) and node.value]
        return None if value in choices else f"one of {', '.join(map(str, choices))}"
    if names == {"bool"}:
        return None if isinstance(value, bool) else "true or false"
    if names <= {"int", "float"}:
        return _find_mistake_in_number(value, is_whole="float" not in names)
    return None


def _find_mistake_in_number(value: object, *, is_whole: bool) -> str | None:
    try:
        number = float(str(value))  # YAML reads 1e-4 as a string, LlamaFactory's reader as a number
    except ValueError:
        return "a whole number" if is_whole else "a number"
    return "a whole number" if is_whole and not number.is_integer() else None


@cache
def read_choices() -> dict[str, list[str]]:
    """Return the values of the keys whose type is one of transformers' enums.

    Raises:
        ShopBenchError: transformers is not installed.
    """
    return {key: _list_members(find_package("transformers") / file, name) for key, (file, name) in _ENUMS.items()}


def _list_members(file: Path, enum: str) -> list[str]:
    classes = [node for node in ast.parse(file.read_bytes()).body if isinstance(node, ast.ClassDef)]
    return [
        statement.value.value
        for statement in next((one.body for one in classes if one.name == enum), [])
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    ]


def find_package(name: str) -> Path:
    """Return the folder of an installed package, without importing it.

    Raises:
        ShopBenchError: it is not installed.
    """
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise missing_package(name, "train")
    return Path(spec.submodule_search_locations[0])


def _list_fields(file: Path) -> Iterator[tuple[str, ast.expr]]:
    """Yield name and type of the fields of a file's dataclasses, except those that their constructors don't accept."""
    classes = [node for node in ast.parse(file.read_bytes()).body if isinstance(node, ast.ClassDef)]
    for statement in (statement for one in classes for statement in one.body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and _is_settable(statement):
            yield statement.target.id, statement.annotation


def _is_settable(field: ast.AnnAssign) -> bool:
    keywords = field.value.keywords if isinstance(field.value, ast.Call) else []
    return not any(
        word.arg == "init" and isinstance(word.value, ast.Constant) and not word.value.value for word in keywords
    )
