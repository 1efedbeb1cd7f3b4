"""The hook that tells LlamaFactory of the templates: there after an install, gone after an uninstall, silent else."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shopbench_plugin.llamafactory.board import find_datasets

PROJECT = Path(__file__).resolve().parents[3]
GUARDED = [
    "llamafactory.hparams.parser",
    "llamafactory.model.loader",
    "llamafactory.model.model_utils.quantization",
    "llamafactory.train.tuner",
]
OWN_MODULES = {"shopbench_plugin", "shopbench_plugin.llamafactory", "shopbench_plugin.llamafactory.import_hook"}
ALWAYS = ["llamafactory.data.template", "llamafactory.webui.common"]


def run_python(python: Path | str, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a new interpreter, away from the project's folder."""
    command = [str(python), "-c", code]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | environment, cwd=Path(sys.prefix)
    )


@pytest.fixture(scope="module")
def bare_venv(uv: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with nothing in it."""
    folder = tmp_path_factory.mktemp("venv")
    uv("venv", "--python", sys.executable, "--allow-existing", folder)
    return folder


def list_start_up_modules(environment: Path) -> set[str]:
    result = run_python(environment / "bin" / "python", "import sys; print(*sys.modules)")
    assert result.stderr == ""
    return set(result.stdout.split())


def list_installed_files(environment: Path) -> list[str]:
    files = (path.relative_to(environment) for path in environment.rglob("*") if path.is_file())
    return sorted(path.name for path in files if "shopbench" in str(path))


@pytest.mark.slow
@pytest.mark.parametrize("is_editable", [False, True], ids=["wheel", "editable"])
def test_an_install_registers_the_hook_and_an_uninstall_leaves_nothing(
    is_editable: bool, bare_venv: Path, uv: Callable[..., None], wheel: Path
) -> None:
    before = list_start_up_modules(bare_venv)
    what = ("--editable", PROJECT) if is_editable else (wheel,)
    uv("pip", "install", "--python", bare_venv, "--no-deps", *what)
    try:
        added = list_start_up_modules(bare_venv) - before
        # An editable install adds the project's folder by a file of its own; it imports nothing.
        assert added == OWN_MODULES
    finally:
        uv("pip", "uninstall", "--python", bare_venv, "shopbench-llamafactory")
    assert list_start_up_modules(bare_venv) == before
    assert list_installed_files(bare_venv) == []


def write_fake_llamafactory(folder: Path, register_template: str) -> Path:
    """Write a package `llamafactory` with just the modules that the templates need."""
    data = folder / "llamafactory" / "data"
    extras = folder / "llamafactory" / "extras"
    for package in (data, extras):
        package.mkdir(parents=True)
    for init in (data.parent / "__init__.py", data / "__init__.py", extras / "__init__.py"):
        init.touch()
    (extras / "constants.py").write_text("DEFAULT_TEMPLATE = {}\n")
    (data / "data_utils.py").write_text("class Role:\n    USER, ASSISTANT = 'user', 'assistant'\n")
    formatters = ("FunctionFormatter", "StringFormatter", "ToolFormatter")
    (data / "formatter.py").write_text(
        "".join(f"class {name}:\n    def __init__(self, **_): pass\n" for name in formatters)
    )
    (data / "template.py").write_text(f"class Template: pass\nTEMPLATES = {{}}\n{register_template}\n")
    return folder


def test_a_process_that_imports_the_template_module_has_the_templates(tmp_path: Path) -> None:
    fake = write_fake_llamafactory(tmp_path, "def register_template(name, **_): TEMPLATES[name] = 1")
    result = run_python(
        sys.executable, "from llamafactory.data import template; print(*template.TEMPLATES)", PYTHONPATH=str(fake)
    )
    assert (result.stdout, result.stderr) == ("qwen2 qwen2_shopbench\n", "")


def test_a_module_that_is_looked_for_before_it_is_imported_has_the_templates(tmp_path: Path) -> None:
    fake = write_fake_llamafactory(tmp_path, "def register_template(name, **_): TEMPLATES[name] = 1")
    code = (
        "import importlib.util; importlib.util.find_spec('llamafactory.data.template');"
        "from llamafactory.data import template; print(*template.TEMPLATES)"
    )
    result = run_python(sys.executable, code, PYTHONPATH=str(fake))
    assert (result.stdout, result.stderr) == ("qwen2 qwen2_shopbench\n", "")


def test_an_import_that_is_tried_again_has_the_templates(tmp_path: Path) -> None:
    once = "import builtins; assert hasattr(builtins, 'ready')"
    fake = write_fake_llamafactory(tmp_path, f"{once}\ndef register_template(name, **_): TEMPLATES[name] = 1")
    code = """
try:
    from llamafactory.data import template
except AssertionError:
    import builtins
    builtins.ready = True
import sys
before = len(sys.meta_path)
from llamafactory.data import template
print(*template.TEMPLATES, before - len(sys.meta_path))
"""
    result = run_python(sys.executable, code, PYTHONPATH=str(fake))
    assert (result.stdout, result.stderr) == ("qwen2 qwen2_shopbench 1\n", "")


def test_a_changed_interface_gives_one_line_and_everything_goes_on(tmp_path: Path) -> None:
    fake = write_fake_llamafactory(tmp_path, "def register_template(label): TEMPLATES[label] = 1")
    code = "from llamafactory.data import template; print('goes on', *template.TEMPLATES)"
    result = run_python(sys.executable, code, PYTHONPATH=str(fake))
    assert (result.returncode, result.stdout) == (0, "goes on\n")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(
        "shopbench: the templates qwen2 and qwen2_shopbench could not be registered with this version of LlamaFactory "
    )
    assert result.stderr.endswith("install llamafactory 0.9.5\n")


def test_a_moved_module_gives_one_line_too(tmp_path: Path) -> None:
    fake = write_fake_llamafactory(tmp_path, "def register_template(name, **_): TEMPLATES[name] = 1")
    (fake / "llamafactory" / "data" / "formatter.py").unlink()
    result = run_python(
        sys.executable, "from llamafactory.data import template; print('goes on')", PYTHONPATH=str(fake)
    )
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (0, "goes on\n", 1)
    assert "No module named 'llamafactory.data.formatter'" in result.stderr


def test_a_process_without_llamafactory_imports_three_small_modules() -> None:
    code = "import sys; print(*(name for name in sys.modules if name.partition('.')[0] == 'shopbench_plugin'))"
    result = run_python(sys.executable, code)
    assert set(result.stdout.split()) == OWN_MODULES
    heavy = run_python(
        sys.executable, "import sys; print(*{'typing', 'torch', 'llamafactory', 'orjson'} & set(sys.modules))"
    )
    assert heavy.stdout.strip() == ""


@pytest.mark.parametrize(
    ("value", "watched"),
    [
        ("", []),
        ("0", []),
        ("1", GUARDED),
    ],
)
def test_only_templates_are_registered_unless_guards_are_asked_for(value: str, watched: list[str]) -> None:
    code = "import sys; print(*sorted(one.watched for one in sys.meta_path if hasattr(one, 'watched')))"
    assert run_python(sys.executable, code, SHOPBENCH_GUARD=value).stdout.split() == sorted([*ALWAYS, *watched])


def test_a_guarded_training_is_validated_within_the_guard() -> None:
    code = "import sys; print(*(one.change[1] for one in sys.meta_path if hasattr(one, 'watched')))"
    both = {"SHOPBENCH_GUARD": "1", "SHOPBENCH_VALIDATION": "questions.jsonl"}
    changes = run_python(sys.executable, code, **both).stdout.split()
    # The last put in front wraps what the others have changed.
    wrapping = ["guard_outputs", "guard_resuming", "add_validation"]
    assert changes == ["choose_group_size", "choose_training_dtype", *wrapping, "find_datasets", "register_templates"]


@pytest.mark.parametrize(
    ("files", "folder"),
    [(["dataset_info.json"], "."), (["dataset_info.json", "data/dataset_info.json"], "data"), ([], "data")],
)
def test_the_board_begins_with_the_working_folders_datasets_where_data_has_none(
    files: list[str], folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for file in files:
        (tmp_path / file).write_text("{}")
    common: Any = SimpleNamespace(DEFAULT_DATA_DIR="data")
    find_datasets(common)
    assert folder == common.DEFAULT_DATA_DIR


@pytest.mark.slow
def test_a_worker_process_of_ray_has_the_templates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With USE_RAY=1 LlamaFactory trains in Ray's worker processes, which it starts on GPUs only."""
    fake = write_fake_llamafactory(tmp_path, "def register_template(name, **_): TEMPLATES[name] = 1")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # else Ray leaves a token in the home folder
    ray = pytest.importorskip("ray")

    def list_templates() -> list[str]:
        from llamafactory.data.template import TEMPLATES

        return list(TEMPLATES)

    seen = {"env_vars": {"PYTHONPATH": str(fake)}}
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, runtime_env=seen)
    try:
        assert ray.get(ray.remote(list_templates).remote(), timeout=300) == ["qwen2", "qwen2_shopbench"]
    finally:
        ray.shutdown()
