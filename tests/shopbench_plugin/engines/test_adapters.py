"""LoRA adapters beside their base: what is refused before loading, and the same answers as merged."""

import json
import shutil
from dataclasses import fields
from pathlib import Path

import pytest

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.interface import Prompt
from shopbench_plugin.engines.registry import find_engine, load_engine
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.engines.vllm_engine import VllmSettings
from shopbench_plugin.engines.vllm_loading import _allow_adapters
from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model

TRACK = "amazon-kdd-cup-24-multi-lingual-abilities"
DIALOGUES = [(Message("user", f"Question {number}: {'it is red. ' * number}"),) for number in range(8)]
FREE = Constraint(max_tokens=12)
CHOICE = Constraint(choices=("0", "1", "2", "3"), max_tokens=1)


def make_adapter(base: Path, folder: Path, seed: int, rank: int, **config) -> Path:
    """Write an adapter whose random update is large enough to change every answer."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, set_seed

    set_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base, dtype="float32")
    config = {"r": rank, "lora_alpha": 2 * rank, "target_modules": "all-linear", "init_lora_weights": False, **config}
    get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **config)).save_pretrained(folder)
    return folder


def merge_adapter(base: Path, adapter: Path, folder: Path) -> Path:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    shutil.copytree(base, folder)
    model = AutoModelForCausalLM.from_pretrained(base, dtype="float32")
    PeftModel.from_pretrained(model, adapter).merge_and_unload().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapter(tiny_model, tmp_path_factory):
    return make_adapter(tiny_model, tmp_path_factory.mktemp("adapter") / "first", seed=1, rank=4)


@pytest.fixture(scope="module")
def other_adapter(tiny_model, tmp_path_factory):
    return make_adapter(tiny_model, tmp_path_factory.mktemp("adapter") / "second", seed=2, rank=12)


def change(adapter, folder, **config):
    shutil.copytree(adapter, folder)
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **config}), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"modules_to_save": ["lm_head"]},
            "contains fully trained layers (modules_to_save: ['lm_head']); merge it with `make exp",
        ),
        ({"use_dora": True}, "is a DoRA adapter (use_dora: True); merge it with `make export`"),
        ({"rank_pattern": {"q_proj": 2}}, "has ranks that differ by layer"),
        ({"bias": "all"}, "contains trained biases (bias: 'all'); merge it"),
        ({"peft_type": "OFT"}, "is 'OFT', not a LoRA adapter; merge it"),
        ({"r": "four"}, "'r' is 'four', not a valid rank; train the adapter again"),
    ],
)
def test_an_adapter_that_needs_merging_is_refused(tiny_model, adapter, tmp_path, config, message):
    folder = change(adapter, tmp_path / "changed", **config)
    with pytest.raises(ShopBenchError) as caught:
        TransformersSettings(model=str(tiny_model), adapter=str(folder)).check_model()
    assert str(caught.value).startswith(str(folder))
    assert message in str(caught.value)


def test_an_adapter_of_another_base_is_refused(adapter, tmp_path):
    create_tiny_model(["The lamp is red."], tmp_path / "other", TinyModelSettings(intermediate_size=256))
    with pytest.raises(ShopBenchError, match="was trained on a different model than"):
        TransformersSettings(model=str(tmp_path / "other"), adapter=str(adapter)).check_model()


def test_a_missing_adapter_and_an_unknown_kind_of_question_are_named(tiny_model, adapter, tmp_path):
    with pytest.raises(ShopBenchError, match="nowhere: no such adapter folder"):
        TransformersSettings(model=str(tiny_model), adapter=str(tmp_path / "nowhere")).check_model()
    with pytest.raises(ShopBenchError, match="adapters: unknown track or task type 'rankin', did you mean 'ranking'"):
        TransformersSettings(model=str(tiny_model), adapters={"rankin": str(adapter)}).check_model()


def test_a_track_wins_over_a_task_type_and_the_rest_goes_to_the_one_adapter():
    settings = VllmSettings(model="m", adapter="a", adapters={"ranking": "b", TRACK: "c", "generation": "b"})
    assert settings.list_adapters() == ("a", "b", "c")
    assert [settings.choose_adapter(TRACK, "ranking"), settings.choose_adapter(None, "ranking")] == ["c", "b"]
    assert settings.choose_adapter(None, "retrieval") == "a"
    assert VllmSettings(model="m", adapters={"ranking": "b"}).choose_adapter(None, "retrieval") is None


def test_vllm_gets_room_for_the_largest_rank(adapter, other_adapter, tmp_path):
    assert _allow_adapters(()) == {}
    room = _allow_adapters((str(adapter), str(other_adapter)))
    assert room == {"enable_lora": True, "max_loras": 3, "max_lora_rank": 16}
    with pytest.raises(ShopBenchError, match="has rank 513, and vLLM serves at most 512"):
        _allow_adapters((str(change(adapter, tmp_path / "large", r=513)),))


def answer(engine, *adapters):
    """Return the texts and counts of tokens of free and constrained answers, `adapters` by turns."""
    prompts = [
        Prompt(messages, constraint, adapters[number % len(adapters)])
        for constraint in (FREE, CHOICE)
        for number, messages in enumerate(DIALOGUES)
    ]
    found = dict(engine.complete(prompts))
    engine.close()
    return [found[index].text for index in range(len(prompts))]


def load(engine, model, **values):
    common = {"dtype": "float32", "cpu_cache_gib": 1, "enforce_eager": True, "max_model_len": 512, "batch_size": 3}
    kind = find_engine(engine)
    known = {field.name for field in fields(kind)}
    named = {name: value for name, value in {**common, **values}.items() if name in known}
    return load_engine(kind(model=str(model), **named))


@pytest.fixture(scope="module")
def merged_answers(tiny_model, adapter, other_adapter, tmp_path_factory):
    """What the model with each adapter merged into it answers, and what it answers without."""
    folder = tmp_path_factory.mktemp("merged")
    first = answer(load("transformers", merge_adapter(tiny_model, adapter, folder / "first")), None)
    second = answer(load("transformers", merge_adapter(tiny_model, other_adapter, folder / "second")), None)
    base = answer(load("transformers", tiny_model), None)
    assert len({tuple(first), tuple(second), tuple(base)}) == 3
    return first, second, base


@pytest.mark.slow
@pytest.mark.xdist_group("vllm")
@pytest.mark.parametrize("engine", ["transformers", "vllm"])
def test_adapters_and_base_side_by_side_answer_as_each_does_merged(
    tiny_model, adapter, other_adapter, merged_answers, engine
):
    _, second, base = merged_answers
    both = {"ranking": str(adapter), "generation": str(other_adapter)}
    mixed = answer(load(engine, tiny_model, adapters=both), str(adapter), str(other_adapter), None)
    in_turn = [merged_answers[number % len(DIALOGUES) % 3][number] for number in range(len(base))]
    assert mixed == in_turn
    assert answer(load(engine, tiny_model, adapter=str(other_adapter)), None) == second
