"""A tiny Qwen2 with random weights and its own tokenizer, for testing the whole pipeline on a laptop.

The tokenizer is a byte-level BPE with Qwen2's pre-tokenizer expression and special tokens, trained on a
dataset's texts, so that it splits text the way Qwen2's does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.quiet import discard_prints
from shopbench_plugin.models.byte_level import make_byte_level_tokenizer
from shopbench_plugin.models.chat_template import write_chat_template
from shopbench_plugin.models.checkpoints import read_config, require_space, write_folder_atomically

_GROUP_SIZE = 128
_LARGEST_REPLACED = 100_000_000
_FILES = frozenset(
    {
        *("config.json", "generation_config.json", "model.safetensors"),
        *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"),
    }
)
_END_OF_TEXT, _TURN_START, _TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"


@dataclass(frozen=True, slots=True)
class TinyModelSettings:
    """The size of the model; the defaults result in 1.4 million parameters.

    Attributes:
        vocabulary_size: entries of the tokenizer and rows of the embedding, including special tokens.
        hidden_size: a multiple of 128, GPTQ's group size.
        intermediate_size: inner width of the MLP, a multiple of 128 unless padding is being tested.
        layers: decoder layers.
        heads: attention heads; half as many key-value heads.
        context_length: longest dialogue in tokens.
        seed: random seed for the weights.
    """

    vocabulary_size: int = 4096
    hidden_size: int = 128
    intermediate_size: int = 384
    layers: int = 2
    heads: int = 4
    context_length: int = 8192
    seed: int = 0

    def __post_init__(self) -> None:
        """Check what GPTQ requires."""
        if self.hidden_size < _GROUP_SIZE or self.hidden_size % _GROUP_SIZE:
            nearest = max(1, round(self.hidden_size / _GROUP_SIZE)) * _GROUP_SIZE
            raise ShopBenchError(
                f"--hidden-size {self.hidden_size}: GPTQ needs a multiple of {_GROUP_SIZE}; use {nearest}"
            )

    @property
    def size(self) -> int:
        """Bytes of the weights in float32, without biases and norms."""
        decoder = self.layers * self.hidden_size * (3 * self.hidden_size + 3 * self.intermediate_size)
        return 4 * (decoder + 2 * self.vocabulary_size * self.hidden_size)


def create_tiny_model(texts: Iterable[str], output_dir: Path, settings: TinyModelSettings) -> None:
    """Train a tokenizer on `texts` and write it, with a random Qwen2, as a Hugging Face model folder.

    Embedding and output head are not tied: a random tied head stays too flat for LoRA to learn through.

    Raises:
        ShopBenchError: there are no texts, or `output_dir` can't be written or contains something other than a tiny
            model.
    """
    _check_replaceable(output_dir)
    require_space(output_dir, settings.size)
    tokenizer = _train_tokenizer(texts, settings)
    from transformers import GenerationConfig, Qwen2Config, Qwen2ForCausalLM, set_seed

    set_seed(settings.seed)
    config = Qwen2Config(
        vocab_size=settings.vocabulary_size,
        hidden_size=settings.hidden_size,
        intermediate_size=settings.intermediate_size,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=max(1, settings.heads // 2),
        max_position_embeddings=settings.context_length,
        tie_word_embeddings=False,
        # Wider than the usual 0.02, with which such a small model needs several times as many steps to learn anything.
        initializer_range=0.08,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model: Any = Qwen2ForCausalLM(config)
    model.generation_config = GenerationConfig(
        do_sample=False, eos_token_id=[tokenizer.eos_token_id], pad_token_id=tokenizer.pad_token_id
    )
    with write_folder_atomically(output_dir) as folder, discard_prints():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _check_replaceable(folder: Path) -> None:
    """Reject anything of value: only a Qwen2 whose weights are under 100 MB may be replaced, and no other files."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir():
        raise ShopBenchError(f"{folder}: is a file; pass a folder")
    if not (folder / "config.json").is_file() or not _is_tiny(read_config(folder)):
        raise ShopBenchError(f"{folder}: contains something other than a tiny model; choose another folder")
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in _FILES)
    if foreign:
        raise ShopBenchError(f"{folder}: also contains other files ({foreign[0]!r:.80}); choose another folder")


def _is_tiny(config: dict[str, Any]) -> bool:
    keys = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers")
    sizes = [config[key] for key in keys if isinstance(config.get(key), int)]
    if config.get("model_type") != "qwen2" or len(sizes) < len(keys):
        return False
    try:
        return TinyModelSettings(*sizes).size < _LARGEST_REPLACED
    except ShopBenchError:  # not a tiny model's width
        return False


def _train_tokenizer(texts: Iterable[str], settings: TinyModelSettings) -> Any:
    from tokenizers import models, pre_tokenizers, trainers

    tokenizer = make_byte_level_tokenizer(models.BPE(), "qwen2")
    trainer = trainers.BpeTrainer(
        vocab_size=settings.vocabulary_size,
        special_tokens=[_END_OF_TEXT, _TURN_START, _TURN_END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() == len(pre_tokenizers.ByteLevel.alphabet()) + 3:
        raise ShopBenchError("the tiny model's tokenizer needs text to learn from, but there was none; pass a dataset")
    # Only now, so that a text that can't be read is reported without importing torch.
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=_TURN_END,
        pad_token=_END_OF_TEXT,
        additional_special_tokens=[_TURN_START, _TURN_END],
        chat_template=write_chat_template(),
        model_max_length=settings.context_length,
        clean_up_tokenization_spaces=False,
    )
