"""Which engine is loaded, one that another package brings among them, and what is said where a library is missing."""

import json
import sys

import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.core import registry as core_registry
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines import registry, settings, vllm_engine
from shopbench_plugin.engines.openai_engine import OpenAISettings
from shopbench_plugin.engines.registry import ENGINES, find_engine, load_engine
from shopbench_plugin.engines.transformers_engine import TransformersEngine, TransformersSettings
from shopbench_plugin.engines.vllm_engine import VllmSettings

ECHO = '''
from dataclasses import dataclass, field

from shopbench_plugin.engines.interface import Completion
from shopbench_plugin.engines.settings import UNDECISIVE, EngineSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoSettings(EngineSettings):
    """Says the same to everything."""

    name = "echo"
    packages = ("json",)

    says: str = "1"
    loudness: int = field(default=1, metadata=UNDECISIVE)

    def load(self):
        return EchoEngine(self.says)


class EchoEngine:
    context_length = 4096

    def __init__(self, says):
        self.says = says

    def count_tokens(self, messages):
        return 1

    def complete(self, prompts, deadline=None):
        for index, _ in enumerate(prompts):
            yield index, Completion(self.says, "stop")

    def close(self):
        pass
'''


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that installs a package with an engine, as pip would: module and metadata on the path."""

    def install(name, source):
        site = tmp_path / "site-packages"
        metadata = site / f"shopbench_{name}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (site / f"shopbench_{name}.py").write_text(source, encoding="utf-8")
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: shopbench-{name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(
            f"[shopbench.engines]\n{name} = shopbench_{name}:{name.capitalize()}Settings\n"
        )
        monkeypatch.syspath_prepend(site)
        core_registry._find_entry_points.cache_clear()

    yield install
    core_registry._find_entry_points.cache_clear()
    for name in [name for name in sys.modules if name.startswith("shopbench_") and name != "shopbench_plugin"]:
        if "." not in name and "plugin" not in name:
            del sys.modules[name]


def invoke(*arguments):
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(one) for one in arguments])


def test_an_engine_of_another_package_answers_with_settings_of_its_own(install, tmp_path):
    install("echo", ECHO)
    questions, output, recipe = (tmp_path / name for name in ("questions.jsonl", "answers.jsonl", "predict.yaml"))
    row = {"input_field": "Which is a drink?\n0. soap\n1. tea\n2. wool\nAnswer: ", "is_multiple_choice": True}
    questions.write_text(json.dumps(row) + "\n", encoding="utf-8")
    recipe.write_text("engine: echo\nmodel: any\nsays: '2'\n", encoding="utf-8")
    done = invoke("predict", "--config", recipe, "--input", questions, "--output", output)
    assert (done.exit_code, json.loads(output.read_text(encoding="utf-8"))["prediction"]) == (0, "2")
    assert "echo, openai, transformers, vllm" in " ".join(invoke("predict", "--help").stdout.split())


def test_a_setting_says_itself_whether_it_decides_the_answers(install):
    install("echo", ECHO)
    kind = find_engine("echo")
    assert settings.find_decisive(kind(model="m", loudness=9)) == {"model": "m", "max_model_len": None, "says": "1"}


def test_an_engine_that_cannot_be_imported_is_named_where_it_is_asked_for_alone(install):
    install("broken", "import nothing_like_it\n")
    assert "broken" in ENGINES.list_names()
    assert find_engine("openai") is OpenAISettings
    with pytest.raises(ShopBenchError) as caught:
        find_engine("broken")
    assert str(caught.value) == (
        "engine 'broken' of package shopbench-broken can't be loaded (No module named 'nothing_like_it'); "
        "update or uninstall it"
    )


def test_what_is_no_class_of_settings_is_no_engine(install):
    install("number", "NumberSettings = 5\n")
    with pytest.raises(ShopBenchError, match=r"^engine 'number': 5 is not a class of EngineSettings"):
        find_engine("number")


def test_an_unknown_engine_is_answered_with_the_closest_and_the_list():
    with pytest.raises(ShopBenchError) as caught:
        find_engine("transformer")
    assert str(caught.value) == (
        "unknown engine 'transformer', did you mean 'transformers'? Known: openai, transformers, vllm"
    )


def test_without_vllm_transformers_runs_the_model(tiny_model, monkeypatch):
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    engine = load_engine(find_engine(None)(model=str(tiny_model)))
    assert isinstance(engine, TransformersEngine)
    engine.close()


@pytest.mark.parametrize(
    ("own", "installed", "package", "extra"),
    [
        (VllmSettings(model="any"), (), "vllm", "serve"),
        (OpenAISettings(model="any"), (), "openai", "serve"),
        (TransformersSettings(model="any"), ("torch",), "transformers", "train"),
    ],
)
def test_a_missing_library_comes_with_the_command_that_installs_it(monkeypatch, own, installed, package, extra):
    monkeypatch.setattr(settings, "find_spec", lambda name: object() if name in installed else None)
    with pytest.raises(ShopBenchError) as caught:
        load_engine(own)
    assert str(caught.value) == (
        f"{package} is not installed; run: pip install -e '.[{extra}]' in the project's folder,"
        f" or pass another --engine than {own.name}"
    )


def test_a_library_that_no_extra_brings_is_installed_by_its_name(install, monkeypatch):
    install("echo", ECHO)
    monkeypatch.setattr(settings, "find_spec", lambda name: None)
    with pytest.raises(
        ShopBenchError, match=r"^json is not installed; run: pip install json, or pass another --engine"
    ):
        load_engine(find_engine("echo")(model="any"))


def test_replicas_need_ray_or_to_be_one(monkeypatch, tiny_model):
    monkeypatch.setattr(vllm_engine, "find_spec", lambda name: None)
    with pytest.raises(ShopBenchError) as caught:
        VllmSettings(model=str(tiny_model), data_parallel_size=2).load()
    assert str(caught.value) == (
        "ray is not installed; run: pip install -e '.[serve]' in the project's folder, or set data_parallel_size: 1"
    )
