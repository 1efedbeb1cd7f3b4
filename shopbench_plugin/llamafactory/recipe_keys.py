"""The keys and templates that the installed LlamaFactory knows, read from its source.

Importing it takes ten seconds and more, too long for a check before each stage; its arguments are plain dataclasses.
"""

import ast
import re
from importlib.util import find_spec
from pathlib import Path

from shopbench_plugin.errors import missing_package

_OWN_TEMPLATES = frozenset({"qwen2", "qwen2_shopbench"})
_TEMPLATE_NAME = re.compile(r'register_template\(\s*name="([^"]+)"')


def list_recipe_keys() -> set[str]:
    """Return every key that a training or export recipe may have: LlamaFactory's arguments and the trainer's.

    Raises:
        ShopBenchError: LlamaFactory is not installed.
    """
    arguments = (_find_package("llamafactory") / "hparams").glob("*_args.py")
    files = [
        *(file for file in arguments if file.name != "evaluation_args.py"),
        *_find_package("transformers").glob("training_args*.py"),
    ]
    return {name for file in files for name in _list_fields(file)}


def list_templates() -> set[str]:
    """Return the names of LlamaFactory's templates and of this project's.

    Raises:
        ShopBenchError: LlamaFactory is not installed.
    """
    source = _find_package("llamafactory") / "data" / "template.py"
    return {*_TEMPLATE_NAME.findall(source.read_text(encoding="utf-8")), *_OWN_TEMPLATES}


def _find_package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise missing_package(name, "train")
    return Path(spec.submodule_search_locations[0])


def _list_fields(file: Path) -> set[str]:
    """Return the fields of the dataclasses in a source file, but for those that their constructors don't take."""
    classes = [node for node in ast.parse(file.read_bytes()).body if isinstance(node, ast.ClassDef)]
    return {
        statement.target.id
        for one in classes
        for statement in one.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and _is_settable(statement)
    }


def _is_settable(field: ast.AnnAssign) -> bool:
    keywords = field.value.keywords if isinstance(field.value, ast.Call) else []
    return not any(
        word.arg == "init" and isinstance(word.value, ast.Constant) and not word.value.value for word in keywords
    )
