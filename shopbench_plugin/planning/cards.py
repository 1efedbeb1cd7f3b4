"""GPUs as users specify them: `4x16`, `8x80`, `4xT4`."""

import re
from dataclasses import dataclass

from shopbench_plugin.core.errors import ShopBenchError, unknown_name


@dataclass(frozen=True, slots=True)
class CardSpeed:
    """A GPU's speed by its data sheet: 10^12 dense 16-bit operations per second, and memory bandwidth in GB/s."""

    teraflops: float
    gigabytes_per_second: float


@dataclass(frozen=True, slots=True)
class Card:
    """One GPU: its nominal memory in GB (10^9 bytes), whether it computes in bfloat16, and its speed if known."""

    name: str
    gigabytes: int
    has_bfloat16: bool
    speed: CardSpeed | None = None

    @property
    def dtype(self) -> str:
        """The 16-bit type to serve in, as vLLM spells it."""
        return "bfloat16" if self.has_bfloat16 else "float16"


@dataclass(frozen=True, slots=True)
class Cards:
    """Identical GPUs in one machine."""

    count: int
    card: Card

    @property
    def gigabytes(self) -> int:
        """Total memory."""
        return self.count * self.card.gigabytes


# Name, GB, bfloat16, TFLOPS and GB/s: NVIDIA's data sheets, tensor cores without sparsity. bfloat16 needs
# compute capability 8.0 (NVIDIA's CUDA programming guide); T4 is 7.5, V100 is 7.0.
_KNOWN = (
    Card("T4", 16, False, CardSpeed(65, 320)),
    Card("V100", 32, False, CardSpeed(125, 900)),
    Card("A10", 24, True, CardSpeed(125, 600)),
    Card("L4", 24, True, CardSpeed(121, 300)),
    Card("RTX3090", 24, True, CardSpeed(71, 936)),
    Card("RTX4090", 24, True, CardSpeed(165, 1008)),
    Card("RTX5090", 32, True, CardSpeed(210, 1792)),
    Card("A6000", 48, True, CardSpeed(155, 768)),
    Card("L40S", 48, True, CardSpeed(362, 864)),
    Card("A100", 80, True, CardSpeed(312, 2039)),
    Card("H100", 80, True, CardSpeed(989, 3350)),
    Card("H200", 141, True, CardSpeed(989, 4800)),
)
_BY_NAME = {card.name: card for card in _KNOWN}
_T4 = _BY_NAME["T4"]
_CARDS = re.compile(r"([1-9]\d{0,3})\s*[x*]\s*([1-9]\d{0,3}|[a-z][\w -]*?)\s*(?:GB)?", re.IGNORECASE | re.ASCII)
_MOST_GIGABYTES = 288
"""The most memory of a GPU on the market: B300 and MI355X. A larger number is part of a GPU's name."""


def parse_cards(text: str) -> Cards:
    """Parse "COUNTxGB" or "COUNTxNAME"; RTX may be omitted from a name: "1x4090".

    A GPU of 16 GB or less is assumed to be a T4, the competition's; a larger one is assumed to have bfloat16.

    Raises:
        ShopBenchError: it is neither, the name is unknown, or no GPU has this much memory.
    """
    match = _CARDS.fullmatch(text.strip())
    if match is None:
        raise ShopBenchError(f"--gpus '{text:.40}': use COUNTxGB or COUNTxNAME, such as 4x16 or 4xT4")
    count, kind = int(match[1]), re.sub("[ -]", "", match[2]).upper()
    card = _BY_NAME.get(kind) or _BY_NAME.get(f"RTX{kind}")
    if card is not None:
        return Cards(count, card)
    if kind.isdigit():
        gigabytes = int(kind)
        if gigabytes > _MOST_GIGABYTES:
            raise ShopBenchError(
                f"--gpus '{text:.40}': a GPU has at most {_MOST_GIGABYTES} GB; write its memory, or one of the names "
                f"{', '.join(_BY_NAME)}"
            )
        if gigabytes == _T4.gigabytes:
            return Cards(count, _T4)
        return Cards(count, Card(f"{gigabytes} GB GPU", gigabytes, has_bfloat16=gigabytes > _T4.gigabytes))
    raise unknown_name("GPU", match[2], _BY_NAME)
