"""What the project's own code never does, read off its syntax trees."""

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from shopbench_plugin.core import yaml_files

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("shopbench_plugin", "converters", "data", "benchmarks", "requirements", "fuzz")

PICKLING = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
RUNNING_TEXT = {"eval", "exec", "compile", "os.system", "os.popen", "subprocess.getoutput"}
UNSAFE_LOADERS = {
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "torch.load", "np.load", "numpy.load"),
    "pd.read_pickle",
}
KEYWORDS = {"shell": {"False"}, "allow_pickle": {"False"}, "weights_only": {"True"}}
KEYWORDS["trust_remote_code"] = {"False", "settings.trust_remote_code"}


class Call(NamedTuple):
    path: str
    name: str
    keywords: list[ast.keyword]


@cache
def read_files() -> tuple[list[tuple[str, str]], list[Call]]:
    """Return the modules that every file imports, and its calls, each with the file's path."""
    imports, calls = [], []
    files = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    assert len(files) > 150
    for file in files:
        path = file.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                keywords = [word for word in node.keywords if word.arg in KEYWORDS]
                calls.append(Call(path, spell(node.func), keywords))
            elif isinstance(node, ast.Import):
                imports += [(path, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                imports.append((path, node.module or ""))
    return imports, calls


def spell(function: ast.expr) -> str:
    """Return `name` or `module.name` of what is called; "" for anything longer, which none of the lists holds."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def find_calls(names: set[str]) -> list[tuple[str, str]]:
    return [(call.path, call.name) for call in read_files()[1] if call.name in names]


def test_nothing_that_pickles_is_imported():
    assert [one for one in read_files()[0] if one[1].partition(".")[0] in PICKLING] == []


def test_no_text_is_run():
    assert find_calls(RUNNING_TEXT) == []


def test_no_unsafe_loader_is_called():
    assert find_calls(UNSAFE_LOADERS) == [("shopbench_plugin/core/yaml_files.py", "yaml.load")]
    assert issubclass(yaml_files._UniqueKeyLoader, yaml.constructor.SafeConstructor)
    constructors = yaml_files._UniqueKeyLoader.yaml_constructors.values()
    assert [one for one in constructors if one not in vars(yaml.constructor.SafeConstructor).values()] == []


def test_no_shell_is_started_and_no_model_trusted():
    given = [(call.path, str(word.arg), ast.unparse(word.value)) for call in read_files()[1] for word in call.keywords]
    assert len(given) > 0
    assert [one for one in given if one[2] not in KEYWORDS[one[1]]] == []
