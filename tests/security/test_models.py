"""Models bring no code: weights are read from safetensors alone, and code that lies with a model stays unused."""

import importlib.util
import inspect
import json
import pickle
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines.settings import LocalSettings
from shopbench_plugin.models.adapters import check_adapter
from shopbench_plugin.models.checkpoints import open_checkpoint
from shopbench_plugin.models.model_folder import check_model_folder

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "llamafactory_configs").rglob("*.yaml"))
_without_transformers = pytest.mark.skipif(not importlib.util.find_spec("transformers"), reason="needs transformers")


def needs_transformers(test):
    return pytest.mark.model(_without_transformers(test))


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return (Path.touch, (self.mark,))


@pytest.fixture
def mark(tmp_path):
    return tmp_path / "it went off"


@pytest.fixture
def folder(tmp_path):
    """Return a model folder without weights."""
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"model_type": "qwen2", "hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 1}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
    (folder / "tokenizer.json").write_text("{}")
    return folder


def plant(path: Path, mark: Path) -> None:
    path.write_bytes(pickle.dumps(Bomb(mark)))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "consolidated.00.pth", "model.ckpt", "weights.pkl"])
def test_a_folder_with_pickled_weights_alone_is_refused(folder, mark, name):
    plant(folder / name, mark)
    for look in (open_checkpoint, lambda path: check_model_folder(str(path))):
        with pytest.raises(ShopBenchError, match="pickled weights can run any code"):
            look(folder)
    assert not mark.exists()


def test_an_adapter_with_pickled_weights_alone_is_refused(folder, mark):
    (folder / "adapter_config.json").write_text("{}")
    plant(folder / "adapter_model.bin", mark)
    with pytest.raises(ShopBenchError, match="pickled weights can run any code"):
        check_adapter(folder, None)
    assert not mark.exists()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "../model.safetensors", "/etc/model.safetensors", None, 7, []])
def test_an_index_names_safetensors_files_of_its_own_folder_alone(folder, name):
    save_file({"weight": np.zeros((2, 2), np.float32)}, folder.parent / "model.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"weight": name}}))
    with pytest.raises(ShopBenchError, match="not a safetensors file in its folder"):
        open_checkpoint(folder)


def test_code_of_a_model_runs_only_where_the_settings_say_so():
    assert LocalSettings.__dataclass_fields__["trust_remote_code"].default is False
    assert [field.name for field in fields(LocalSettings) if "trust" in field.name] == ["trust_remote_code"]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_no_recipe_of_the_project_trusts_a_model(recipe):
    assert yaml.safe_load(recipe.read_bytes()).get("trust_remote_code", False) is False


@pytest.mark.slow
@pytest.mark.xdist_group("vllm")
@needs_transformers
def test_llamafactory_trusts_no_model_by_itself():
    model_args = pytest.importorskip("llamafactory.hparams.model_args")
    assert inspect.signature(model_args.ModelArguments).parameters["trust_remote_code"].default is False


@needs_transformers
@pytest.mark.parametrize("is_trusted", [False, True])
def test_transformers_runs_the_code_of_a_model_only_where_the_settings_say_so(folder, mark, is_trusted, monkeypatch):
    from shopbench_plugin.engines.transformers_engine import TransformersEngine, TransformersSettings

    monkeypatch.setenv("HF_MODULES_CACHE", str(folder.parent))
    save_file({"weight": np.zeros((2, 2), np.float32)}, folder / "model.safetensors")
    own = {"AutoConfig": "bomb.Config", "AutoModelForCausalLM": "bomb.Model", "AutoTokenizer": ["bomb.Tokenizer", None]}
    (folder / "config.json").write_text(json.dumps({"model_type": "bomb", "auto_map": own}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}", "auto_map": own}))
    (folder / "bomb.py").write_text(f"from pathlib import Path\nPath({str(mark)!r}).touch()\n")
    with pytest.raises(ShopBenchError, match="transformers can't load it"):
        TransformersEngine(TransformersSettings(model=str(folder), trust_remote_code=is_trusted))
    assert mark.exists() is is_trusted


@needs_transformers
def test_an_embedding_model_with_pickled_weights_is_refused(folder, mark):
    pytest.importorskip("sentence_transformers")
    from shopbench_plugin.scoring.encoders import load_encoder

    plant(folder / "pytorch_model.bin", mark)
    with pytest.raises(ShopBenchError, match=r"no file named model\.safetensors"):
        load_encoder(str(folder))
    assert not mark.exists()


@needs_transformers
@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__.os.popen('true') }}",
        "{% include 'other' %}",
        "{% for number in range(10 ** 9) %}x{% endfor %}",
        "{% if false %}x{% endif %}",
    ],
)
def test_a_chat_template_reaches_nothing_but_the_dialogue(template):
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    from shopbench_plugin.core.vocabulary import Message
    from shopbench_plugin.engines.chat_tokens import ChatTokenizer

    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), chat_template=template)
    with pytest.raises(ShopBenchError, match="its chat template can't be used"):
        ChatTokenizer(tokenizer).encode([Message("user", "hello")])
