"""What the project's own code never does, read off its syntax trees."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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


@cache
def list_nodes() -> tuple[tuple[str, ast.AST], ...]:
    """Return every node of every file, with the file's path."""
    files = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    assert len(files) > 150
    return tuple(
        (path.relative_to(ROOT).as_posix(), node)
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def list_calls() -> Iterator[tuple[str, ast.Call]]:
    return ((path, node) for path, node in list_nodes() if isinstance(node, ast.Call))


def find_calls(names: set[str]) -> list[tuple[str, str]]:
    return [(path, name) for path, call in list_calls() if (name := ast.unparse(call.func)) in names]


def test_nothing_that_pickles_is_imported():
    imported = [
        (path, alias.name) for path, node in list_nodes() if isinstance(node, ast.Import) for alias in node.names
    ]
    imported += [(path, node.module or "") for path, node in list_nodes() if isinstance(node, ast.ImportFrom)]
    assert [one for one in imported if one[1].partition(".")[0] in PICKLING] == []


def test_no_text_is_run():
    assert find_calls(RUNNING_TEXT) == []


def test_no_unsafe_loader_is_called():
    assert find_calls(UNSAFE_LOADERS) == [("shopbench_plugin/core/yaml_files.py", "yaml.load")]
    assert issubclass(yaml_files._UniqueKeyLoader, yaml.constructor.SafeConstructor)
    constructors = yaml_files._UniqueKeyLoader.yaml_constructors.values()
    assert [one for one in constructors if one not in vars(yaml.constructor.SafeConstructor).values()] == []


def test_no_shell_is_started_and_no_model_trusted():
    given = [(path, word.arg, ast.unparse(word.value)) for path, call in list_calls() for word in call.keywords]
    assert [one for one in given if one[1] in KEYWORDS and one[2] not in KEYWORDS[one[1]]] == []
