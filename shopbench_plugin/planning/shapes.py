"""The sizes of a Qwen2-like decoder: read from a config.json, or built in for the common models."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, shorten, unknown_name
from shopbench_plugin.models.checkpoints import read_config
from shopbench_plugin.models.group_size import SMALLEST, find_group_size


@dataclass(frozen=True, slots=True)
class Gptq:
    """How GPTQ stores the linear layers: the bits of a weight, and how many weights share a scale."""

    bits: int
    group_size: int


@dataclass(frozen=True, slots=True)
class ModelShape:
    """The numbers of a config.json that memory and splitting depend on.

    Attributes:
        name: the model's name on the hub, or its folder.
        hidden_size: width between the layers.
        intermediate_size: inner width of the MLP.
        layers: decoder layers.
        heads: query heads.
        key_value_heads: heads of keys and values, shared by groups of query heads.
        head_dim: width of a head.
        vocabulary_size: rows of the embedding.
        ties_embeddings: whether the output head is the embedding.
        has_attention_bias: whether q, k and v have biases: Qwen2 yes, Qwen3 no.
        has_query_norm: whether queries and keys are normalized in each head: Qwen3.
        stored: how the folder's weights are quantized already; None if they aren't.
        max_positions: longest dialogue in tokens that vLLM accepts; None if it isn't in the config.
    """

    name: str
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int
    key_value_heads: int
    head_dim: int
    vocabulary_size: int
    ties_embeddings: bool
    has_attention_bias: bool = True
    has_query_norm: bool = False
    stored: Gptq | None = None
    max_positions: int | None = None

    @property
    def is_quantized(self) -> bool:
        """Whether the weights in the folder are quantized already."""
        return self.stored is not None

    @property
    def gptq(self) -> Gptq:
        """GPTQ as in the folder, or else as `make gptq` chooses it: 4 bits, in groups that fit the widths.

        Raises:
            ShopBenchError: no group fits.
        """
        widths = {"hidden_size": self.hidden_size, "intermediate_size": self.intermediate_size}
        group = find_group_size(widths | {"num_attention_heads": self.heads, "head_dim": self.head_dim})
        if self.stored is None and group is None:
            raise ShopBenchError(
                f"{self.name}: its widths are not multiples of {SMALLEST}, GPTQ's smallest group; use --quant none"
            )
        return self.stored or Gptq(4, group or SMALLEST)

    @property
    def linear_parameters(self) -> int:
        """Weights of the linear layers in the decoder, which GPTQ quantizes."""
        attention = self.hidden_size * self.head_dim * (2 * self.heads + 2 * self.key_value_heads)
        return self.layers * (attention + 3 * self.hidden_size * self.intermediate_size)

    @property
    def embedding_parameters(self) -> int:
        """Weights of the embedding and, if it is a separate matrix, the output head."""
        return self.vocabulary_size * self.hidden_size * (1 if self.ties_embeddings else 2)

    @property
    def other_parameters(self) -> int:
        """Norms and biases."""
        norms = 2 * self.hidden_size + (2 * self.head_dim if self.has_query_norm else 0)
        biases = self.head_dim * (self.heads + 2 * self.key_value_heads) if self.has_attention_bias else 0
        return self.layers * (norms + biases) + self.hidden_size

    @property
    def parameters(self) -> int:
        """Number of all weights."""
        return self.linear_parameters + self.embedding_parameters + self.other_parameters


_GPTQ_BITS = (2, 3, 4, 8)
_ALREADY_LENGTHENED = ("su", "longrope", "llama3")
# The key names of GPT-2 and the models that follow it.
_OTHER_NAMES = {
    "hidden_size": "n_embd",
    "intermediate_size": "n_inner",
    "num_hidden_layers": "n_layer",
    "num_attention_heads": "n_head",
}


def find_shape(model: str) -> ModelShape:
    """Return the shape of a model folder, or of a built-in model by name, with or without owner and suffix.

    Raises:
        ShopBenchError: the folder's config.json can't be read or lacks a number, or the name is not built in.
    """
    folder = Path(model)
    if folder.is_dir():
        return read_shape(folder)
    name = model.rsplit("/", 1)[-1].lower().removesuffix("-instruct").removesuffix("-base")
    if name in BUILT_IN:
        return BUILT_IN[name]
    if model.count("/") > 1 or model.startswith((".", "/")):
        raise ShopBenchError(f"{model}: no such model folder; check the path, or pass a built-in model's name")
    raise ShopBenchError(f"{unknown_name('model', name, BUILT_IN)}; or pass the path of a model folder")


def read_shape(folder: Path) -> ModelShape:
    """Read the shape from a model folder's config.json.

    Raises:
        ShopBenchError: it is missing, not JSON, lacks a number, or is of a model that these sizes don't describe.
    """
    whole = read_config(folder)
    config = whole | whole.get("text_config", {}) if isinstance(whole.get("text_config", {}), dict) else whole
    experts = next((key for key in config if key.endswith("_experts") and config[key] not in (None, 0, 1)), None)
    if experts is not None:
        raise ShopBenchError(
            f"{folder / 'config.json'}: '{experts}' is {shorten(config[experts])}, a mixture of experts; "
            "pass a dense model"
        )

    def read_size(key: str, default: int | None = None) -> int:
        given = (config.get(key), config.get(_OTHER_NAMES.get(key, key)))
        size = next((value for value in given if value is not None), default)
        if type(size) is not int or size < 1:
            problem = f"has no '{key}'" if size is None else f"'{key}' is {size!r}"
            raise ShopBenchError(f"{folder / 'config.json'}: {problem}; plan needs a decoder's sizes")
        return size

    hidden_size, heads, kind = read_size("hidden_size"), read_size("num_attention_heads"), config.get("model_type")
    return ModelShape(
        name=str(folder),
        hidden_size=hidden_size,
        intermediate_size=read_size("intermediate_size", 4 * hidden_size),
        layers=read_size("num_hidden_layers"),
        heads=heads,
        key_value_heads=read_size("num_key_value_heads", heads),
        head_dim=read_size("head_dim", hidden_size // heads),
        vocabulary_size=read_size("vocab_size"),
        ties_embeddings=bool(config.get("tie_word_embeddings")),
        has_attention_bias=bool(config.get("attention_bias", kind == "qwen2")),
        has_query_norm=kind == "qwen3",
        stored=_read_gptq(folder, config["quantization_config"]) if config.get("quantization_config") else None,
        max_positions=_read_positions(config),
    )


def _read_gptq(folder: Path, config: Any) -> Gptq:
    match config:
        case {"quant_method": "gptq", "bits": int(bits), "group_size": int(group)} if bits in _GPTQ_BITS and group > 0:
            return Gptq(bits, group)
    raise ShopBenchError(
        f"{folder / 'config.json'}: 'quantization_config' is not GPTQ with 'bits' and a 'group_size'; "
        "pass the model before quantization"
    )


def _read_positions(config: dict[str, Any]) -> int | None:
    """Return the maximum positions as vLLM computes them, extended by RoPE scaling (config/model.py)."""
    positions = config.get("max_position_embeddings")
    scaling = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if type(positions) is not int or not isinstance(scaling, dict):
        return None
    kind, factor = scaling.get("rope_type", scaling.get("type")), scaling.get("factor")
    if kind in _ALREADY_LENGTHENED or not isinstance(factor, int | float):
        return positions
    before = scaling.get("original_max_position_embeddings") if kind == "yarn" else None
    return int((before if isinstance(before, int) else positions) * factor)


def _make(name: str, *sizes: int, **more: Any) -> ModelShape:
    hidden, intermediate, layers, heads, key_value_heads, vocabulary = sizes
    others = {"head_dim": hidden // heads, "ties_embeddings": False, **more}
    return ModelShape(name, hidden, intermediate, layers, heads, key_value_heads, vocabulary_size=vocabulary, **others)


_qwen2 = partial(_make, max_positions=32768)
_qwen3 = partial(_make, head_dim=128, has_attention_bias=False, has_query_norm=True, max_positions=40960)
_smollm2 = partial(_make, has_attention_bias=False, max_positions=8192)
_llama = partial(_make, has_attention_bias=False, max_positions=131072)

# config.json of the models on the hub: hidden, intermediate, layers, heads, key-value heads, vocabulary
_KNOWN = (
    _qwen2("Qwen/Qwen2-0.5B-Instruct", 896, 4864, 24, 14, 2, 151936, ties_embeddings=True),
    _qwen2("Qwen/Qwen2-1.5B-Instruct", 1536, 8960, 28, 12, 2, 151936, ties_embeddings=True),
    _qwen2("Qwen/Qwen2-7B-Instruct", 3584, 18944, 28, 28, 4, 152064),
    _qwen2("Qwen/Qwen2-72B-Instruct", 8192, 29568, 80, 64, 8, 152064),
    _qwen2("Qwen/Qwen2.5-0.5B-Instruct", 896, 4864, 24, 14, 2, 151936, ties_embeddings=True),
    _qwen2("Qwen/Qwen2.5-1.5B-Instruct", 1536, 8960, 28, 12, 2, 151936, ties_embeddings=True),
    _qwen2("Qwen/Qwen2.5-3B-Instruct", 2048, 11008, 36, 16, 2, 151936, ties_embeddings=True),
    _qwen2("Qwen/Qwen2.5-7B-Instruct", 3584, 18944, 28, 28, 4, 152064),
    _qwen2("Qwen/Qwen2.5-14B-Instruct", 5120, 13824, 48, 40, 8, 152064),
    _qwen2("Qwen/Qwen2.5-32B-Instruct", 5120, 27648, 64, 40, 8, 152064),
    _qwen2("Qwen/Qwen2.5-72B-Instruct", 8192, 29568, 80, 64, 8, 152064),
    _qwen3("Qwen/Qwen3-0.6B", 1024, 3072, 28, 16, 8, 151936, ties_embeddings=True),
    _qwen3("Qwen/Qwen3-1.7B", 2048, 6144, 28, 16, 8, 151936, ties_embeddings=True),
    _qwen3("Qwen/Qwen3-4B", 2560, 9728, 36, 32, 8, 151936, ties_embeddings=True),
    _qwen3("Qwen/Qwen3-8B", 4096, 12288, 36, 32, 8, 151936),
    _qwen3("Qwen/Qwen3-14B", 5120, 17408, 40, 40, 8, 151936),
    _qwen3("Qwen/Qwen3-32B", 5120, 25600, 64, 64, 8, 151936),
    _smollm2("HuggingFaceTB/SmolLM2-135M-Instruct", 576, 1536, 30, 9, 3, 49152, ties_embeddings=True),
    _smollm2("HuggingFaceTB/SmolLM2-360M-Instruct", 960, 2560, 32, 15, 5, 49152, ties_embeddings=True),
    _smollm2("HuggingFaceTB/SmolLM2-1.7B-Instruct", 2048, 8192, 24, 32, 32, 49152, ties_embeddings=True),
    _llama("meta-llama/Llama-3.2-1B-Instruct", 2048, 8192, 16, 32, 8, 128256, ties_embeddings=True),
    _llama("meta-llama/Llama-3.2-3B-Instruct", 3072, 8192, 28, 24, 8, 128256, ties_embeddings=True),
    _llama("meta-llama/Llama-3.1-8B-Instruct", 4096, 14336, 32, 32, 8, 128256),
    _llama("meta-llama/Llama-3.1-70B-Instruct", 8192, 28672, 80, 64, 8, 128256),
)
BUILT_IN = {shape.name.partition("/")[2].removesuffix("-Instruct").lower(): shape for shape in _KNOWN}
"""The common models by lower-case name without owner and "-Instruct"."""
