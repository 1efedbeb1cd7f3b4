"""Which engine is loaded, and what is said where its library is missing."""

import pytest

from shopbench_plugin.engines import loading
from shopbench_plugin.engines.interface import EngineSettings
from shopbench_plugin.engines.loading import load_engine
from shopbench_plugin.engines.transformers_engine import TransformersEngine
from shopbench_plugin.errors import ShopBenchError


def test_without_vllm_transformers_runs_the_model(tiny_model, monkeypatch):
    monkeypatch.setattr(loading, "find_spec", lambda name: None if name == "vllm" else object())
    engine = load_engine(EngineSettings(model=str(tiny_model)))
    assert isinstance(engine, TransformersEngine)
    engine.close()


def test_a_missing_library_comes_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(loading, "find_spec", lambda name: None)
    with pytest.raises(ShopBenchError, match=r"engine vllm needs vllm; pip install 'shopbench-llamafactory\[serve\]'"):
        load_engine(EngineSettings(model="any", engine="vllm"))
