"""Who imports whom: no circle among files or packages, and nothing but the command line imports the converters."""

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("shopbench_plugin", "converters")


def name_module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_module(path): path for package in PACKAGES for path in (ROOT / package).rglob("*.py")}


def list_imports(path: Path) -> set[str]:
    """Return the project's modules that a file imports anywhere, but for those that only a type checker reads."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    for node in ast.walk(tree) if "TYPE_CHECKING" in text else ():
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in names}
    return found & MODULES.keys()


def name_package(module: str) -> str:
    """Return the package of shopbench_plugin that a module is of; "converters" is one as a whole."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "shopbench_plugin" else parts[0]


@cache
def read_graph() -> dict[str, set[str]]:
    """Return module -> the project's modules that it imports."""
    return {name: list_imports(path) for name, path in MODULES.items()}


def test_the_graph_holds_what_is_known():
    assert "converters.convert" in read_graph()["shopbench_plugin.cli.convert"]
    assert "converters.settings" in read_graph()["converters.convert"]
    assert read_graph()["shopbench_plugin.core.errors"] == set()


def test_no_file_imports_itself_by_way_of_others():
    try:
        TopologicalSorter(read_graph()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_only_the_command_line_imports_the_converters():
    importers = {
        name
        for name, imported in read_graph().items()
        if not name.startswith(("converters", "shopbench_plugin.cli"))
        and any(module.startswith("converters") for module in imported)
    }
    assert importers == set()


def test_no_package_imports_itself_by_way_of_others():
    packages: dict[str, set[str]] = {}
    for name, imported in read_graph().items():
        package = name_package(name)
        packages.setdefault(package, set()).update(map(name_package, imported))
    for package, imported in packages.items():
        imported.discard(package)
    try:
        TopologicalSorter(packages).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def read_layers() -> dict[str, int]:
    """Return package -> how far down it is in the picture of docs/architecture.md."""
    picture = (ROOT / "docs/pictures/packages.svg").read_text(encoding="utf-8")
    boxes = re.findall(r'<rect [^>]*y="(\d+)".*?<text [^>]*>(\w+)</text>', picture)
    return {name: int(height) for height, name in boxes}


def test_every_arrow_points_downwards_in_the_picture():
    layers = read_layers()
    packages = {name_package(name).removeprefix("shopbench_plugin.") for name in MODULES}
    assert layers.keys() == packages - {"shopbench_plugin", "__main__"}
    arrows = {
        tuple(name_package(module).removeprefix("shopbench_plugin.") for module in (name, other))
        for name, imported in read_graph().items()
        for other in imported
    }
    drawn = {(one, other) for one, other in arrows if one != other and {one, other} <= layers.keys()}
    assert len(drawn) > 50
    assert [arrow for arrow in sorted(drawn) if layers[arrow[0]] >= layers[arrow[1]]] == []


def test_every_module_that_the_page_names_exists():
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_/]+\.py)`", page)) - {"tests/test_architecture.py"}
    paths = [path.as_posix() for path in MODULES.values()]
    assert len(named) > 60
    assert [name for name in sorted(named) if not any(path.endswith(f"/{name}") for path in paths)] == []
