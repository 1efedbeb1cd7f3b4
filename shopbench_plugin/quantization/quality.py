"""A model's perplexity on the correct answers, and its own answers, measured with transformers."""

import gc
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.progress import announce, track
from shopbench_plugin.core.quiet import discard_prints
from shopbench_plugin.core.vocabulary import Message
from shopbench_plugin.engines.chat_tokens import ChatTokenizer
from shopbench_plugin.engines.greedy import adopt_greedy_decoding
from shopbench_plugin.models.adapters import check_adapter
from shopbench_plugin.models.checkpoints import open_checkpoint
from shopbench_plugin.models.turn_end import find_turn_end
from shopbench_plugin.quantization.held_out import HeldOut

ANSWER_TOKENS = 32
"""Maximum length of the greedy answers that are compared."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured on one model.

    Attributes:
        name: the model, for the table.
        perplexity: exp of the mean negative log-likelihood per token of the correct answers, including the end token.
        answers: the greedy answer to every question.
    """

    name: str
    perplexity: float
    answers: tuple[str, ...]

    @property
    def is_finite(self) -> bool:
        """Whether the perplexity is finite: GPTQ in float16 can produce NaN or infinity."""
        return math.isfinite(self.perplexity)

    def agree(self, answers: Sequence[str]) -> float:
        """Return the share of questions that have the same answer in `answers`."""
        return sum(a == b for a, b in zip(self.answers, answers, strict=True)) / len(answers)


def measure_quality(
    name: str, folder: Path, questions: Sequence[HeldOut], prompts_of: Path, adapter: Path | None
) -> Quality:
    """Load a model, measure it, and release it.

    Args:
        name: the model's name in the table.
        folder: the model folder.
        questions: the questions to measure it on.
        prompts_of: the model whose tokenizer and chat template build the prompts, the same for all compared models.
        adapter: a LoRA adapter to load on it, unmerged.

    Raises:
        ShopBenchError: it is not a complete safetensors model, the adapter doesn't fit, or transformers can't load it.
    """
    import torch

    model, tokenizer = _load(folder, prompts_of, adapter)
    chat, turn_end = ChatTokenizer(tokenizer), find_turn_end(tokenizer)
    loss, tokens, answers = 0.0, 0, []
    for question in track(questions, doing=f"measuring {name}", total=len(questions), unit="questions"):
        prompt = chat.encode([Message("user", question.question)])
        target = [*tokenizer.encode(question.answer, add_special_tokens=False), turn_end]
        with torch.inference_mode():
            loss += _sum_loss(model, prompt, target)
            answers.append(_answer(model, tokenizer, prompt))
        tokens += len(target)
    del model
    gc.collect()
    torch.cuda.empty_cache()
    return Quality(name, _exponentiate(loss / tokens), tuple(answers))


def _load(folder: Path, prompts_of: Path, adapter: Path | None) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = open_checkpoint(folder)
    if adapter is not None:
        check_adapter(adapter, base)
    announce(f"loading {folder} in transformers")
    try:
        tokenizer = AutoTokenizer.from_pretrained(prompts_of)
        device = "auto" if torch.cuda.is_available() else None
        with discard_prints():
            model: Any = AutoModelForCausalLM.from_pretrained(
                folder, dtype="auto", device_map=device, use_safetensors=True
            )
        if adapter is not None:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, adapter)
    except (ValueError, RuntimeError, OSError, ImportError) as error:
        raise ShopBenchError(f"{folder}: transformers can't load it ({' '.join(str(error).split())})") from error
    if device is None:
        dequantize_layers(model)
    adopt_greedy_decoding(model, tokenizer)
    return model.eval(), tokenizer


def dequantize_layers(model: Any) -> None:
    """Replace GPTQ's layers by ordinary ones with the same weights.

    On a CPU gptqmodel's kernel takes about 0.1 s per token with 0.5 billion parameters, ordinary layers about 1 s for a
    prompt of 300 tokens.
    """
    import torch

    for name, layer in list(model.named_modules()):
        if hasattr(layer, "dequantize_weight"):
            linear = torch.nn.Linear(layer.in_features, layer.out_features, layer.bias is not None, dtype=model.dtype)
            linear.weight.data = layer.dequantize_weight().to(model.dtype).T.contiguous()
            if layer.bias is not None:
                linear.bias.data = layer.bias.to(model.dtype)
            model.set_submodule(name, linear)


def _exponentiate(loss: float) -> float:
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf


def _sum_loss(model: Any, prompt: list[int], target: list[int]) -> float:
    """Return the negative log-likelihood of `target` after `prompt`."""
    import torch

    ids = torch.tensor([prompt + target], device=model.device)
    logits = model(input_ids=ids).logits[0, len(prompt) - 1 : -1].float()
    loss: float = torch.nn.functional.cross_entropy(logits, ids[0, len(prompt) :], reduction="sum").item()
    return loss


def _answer(model: Any, tokenizer: Any, prompt: list[int]) -> str:
    import torch

    ids = torch.tensor([prompt], device=model.device)
    row = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=ANSWER_TOKENS)[0]
    text: str = tokenizer.decode(row[len(prompt) :], skip_special_tokens=True)
    return text
