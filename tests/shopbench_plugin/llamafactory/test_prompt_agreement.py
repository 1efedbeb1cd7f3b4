"""Training and inference see the same token ids for the same dialogue: LlamaFactory, vLLM and this project."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.chat_tokens import ChatTokenizer

QUESTION = Message("user", "Is the tent dry?\n0. no\n1. yes\nAnswer: ")
DEMONSTRATIONS = (
    Message("user", "Is the lamp bright?\n0. no\n1. yes\nAnswer: "),
    Message("assistant", "1"),
    Message("user", "  Which two are kettles?\n1. kettle\n2. drill\n3. ケトル\nOutput: \n"),
    Message("assistant", "1,3"),
)
DIALOGUES = [
    pytest.param((QUESTION,), id="question alone"),
    pytest.param((*DEMONSTRATIONS, QUESTION), id="with demonstrations"),
    pytest.param((Message("system", "Be brief."), *DEMONSTRATIONS, QUESTION), id="with a system prompt"),
]


def encode_for_training(model: Path, template: str, messages: tuple[Message, ...]) -> tuple[list[int], list[int]]:
    """Return the ids that LlamaFactory trains on: prompt, and the answer "0"."""
    from llamafactory.data import get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    chat = get_template_and_fix_tokenizer(tokenizer, DataArguments(template=template))
    system = next((message.content for message in messages if message.role == "system"), None)
    turns = [{"role": one.role, "content": one.content} for one in messages if one.role != "system"]
    return chat.encode_oneturn(tokenizer, [*turns, {"role": "assistant", "content": "0"}], system=system)


@pytest.fixture(scope="module")
def vllm_model(merged_model: Path) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
        from vllm import LLM

        model = LLM(str(merged_model), max_model_len=512, enforce_eager=True)
        yield model
        model.llm_engine.engine_core.shutdown()


@pytest.mark.slow
@pytest.mark.xdist_group("vllm")
@pytest.mark.parametrize("messages", DIALOGUES)
def test_training_and_vllm_see_the_same_prompt(
    messages: tuple[Message, ...], merged_model: Path, vllm_model: Any
) -> None:
    from vllm import SamplingParams

    dialogue = [{"role": message.role, "content": message.content} for message in messages]
    [output] = vllm_model.chat(dialogue, SamplingParams(max_tokens=1), use_tqdm=False)
    prompt, answer = encode_for_training(merged_model, "qwen2_shopbench", messages)
    tokenizer = vllm_model.get_tokenizer()
    assert output.prompt_token_ids == prompt
    assert ChatTokenizer(tokenizer).encode(messages) == prompt
    assert tokenizer.decode(answer) == "0<|im_end|>\n"
