"""Which engine is loaded, and what is said where its library is missing."""

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines import loading
from shopbench_plugin.engines.interface import EngineSettings
from shopbench_plugin.engines.loading import load_engine
from shopbench_plugin.engines.transformers_engine import TransformersEngine


def test_without_vllm_transformers_runs_the_model(tiny_model, monkeypatch):
    monkeypatch.setattr(loading, "find_spec", lambda name: None if name == "vllm" else object())
    engine = load_engine(EngineSettings(model=str(tiny_model)))
    assert isinstance(engine, TransformersEngine)
    engine.close()


@pytest.mark.parametrize(
    ("settings", "installed", "package", "extra"),
    [
        (EngineSettings(model="any", engine="vllm"), (), "vllm", "serve"),
        (EngineSettings(model="any", engine="openai"), (), "httpx", "serve"),
        (EngineSettings(model="any", engine="transformers"), ("torch",), "transformers", "train"),
    ],
)
def test_a_missing_library_comes_with_the_command_that_installs_it(monkeypatch, settings, installed, package, extra):
    monkeypatch.setattr(loading, "find_spec", lambda name: object() if name in installed else None)
    with pytest.raises(ShopBenchError) as caught:
        load_engine(settings)
    assert str(caught.value) == (
        f"{package} is not installed; run: pip install -e '.[{extra}]' in the project's folder,"
        f" or take another --engine than {settings.engine}"
    )


def test_replicas_need_ray_or_to_be_one(monkeypatch):
    monkeypatch.setattr(loading, "find_spec", lambda name: object() if name == "vllm" else None)
    with pytest.raises(ShopBenchError) as caught:
        load_engine(EngineSettings(model="any", engine="vllm", data_parallel_size=2))
    assert str(caught.value) == (
        "ray is not installed; run: pip install -e '.[serve]' in the project's folder, or set data_parallel_size: 1"
    )


@pytest.mark.parametrize("engine", ["openai", "transformers"])
@pytest.mark.parametrize("installed", [True, False])
def test_replicas_are_refused_where_no_engine_has_them(monkeypatch, engine, installed):
    monkeypatch.setattr(loading, "find_spec", lambda name: object() if name != "ray" or installed else None)
    with pytest.raises(ShopBenchError) as caught:
        load_engine(EngineSettings(model="any", engine=engine, data_parallel_size=2))
    assert str(caught.value) == (
        f"data_parallel_size: the {engine} engine has no replicas; leave it at 1, or take --engine vllm"
    )
