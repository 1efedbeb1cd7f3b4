"""The source of the installed LlamaFactory and transformers, parsed instead of imported, which takes ten seconds."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import missing_package

_ENUM_FILES = {
    "llamafactory": ("extras/constants.py",),
    "transformers": ("training_args.py", "trainer_utils.py", "debug_utils.py"),
}


def find_package(name: str) -> Path:
    """Return the folder of an installed package, without importing it.

    Raises:
        ShopBenchError: it is not installed.
    """
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise missing_package(name, "train")
    return Path(spec.submodule_search_locations[0])


@cache
def read_source(file: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(file.read_bytes())


@cache
def read_enums() -> dict[str, dict[str, str]]:
    """Return the members of LlamaFactory's and transformers' enums of texts by the enum's name.

    Raises:
        ShopBenchError: one of them is not installed.
    """
    files = [find_package(package) / name for package, names in _ENUM_FILES.items() for name in names]
    classes = [node for file in files for node in read_source(file).body if isinstance(node, ast.ClassDef)]
    return {
        one.name: dict(_list_members(one)) for one in classes if any("Enum" in ast.unparse(base) for base in one.bases)
    }


def _list_members(enum: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for statement in enum.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            value = read_literal(statement.value)
            if isinstance(value, str):
                yield statement.targets[0].id, value


@cache
def read_constants() -> dict[str, Any]:
    """Return LlamaFactory's constants that are plain literals.

    Raises:
        ShopBenchError: it is not installed.
    """
    tree = read_source(find_package("llamafactory") / "extras" / "constants.py")
    found = {
        ast.unparse(node.targets[0]): read_literal(node.value) for node in tree.body if isinstance(node, ast.Assign)
    }
    return {name: value for name, value in found.items() if value is not None}


def list_table_keys(package: str, file: str, table: str) -> list[str]:
    """Return the keys of a dictionary that a file defines; none if it doesn't.

    Raises:
        ShopBenchError: the package is not installed.
    """
    for node in read_source(find_package(package) / file).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and ast.unparse(node.targets[0]) == table:
            return [str(read_literal(key)) for key in node.value.keys if key is not None]
    return []


def read_literal(node: ast.expr | None) -> Any:
    """Return the value of a plain literal, None for anything else."""
    try:
        return None if node is None else ast.literal_eval(node)
    except ValueError:
        return None
