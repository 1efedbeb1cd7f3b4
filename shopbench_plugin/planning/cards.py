"""GPUs as a user names them: `4x16`, `8x80`, `4xT4`."""

import re
from dataclasses import dataclass

from shopbench_plugin.errors import ShopBenchError, unknown_name


@dataclass(frozen=True, slots=True)
class Card:
    """One GPU: its memory in GB (10^9 bytes) as it is sold, and whether it computes in bfloat16."""

    name: str
    gigabytes: int
    has_bfloat16: bool

    @property
    def dtype(self) -> str:
        """The 16-bit type to serve in, as vLLM spells it."""
        return "bfloat16" if self.has_bfloat16 else "float16"


@dataclass(frozen=True, slots=True)
class Cards:
    """Equal GPUs in one machine."""

    count: int
    card: Card

    @property
    def gigabytes(self) -> int:
        """Memory of all of them."""
        return self.count * self.card.gigabytes


# bfloat16 wants compute capability 8.0: NVIDIA's CUDA programming guide. T4 is 7.5, V100 is 7.0.
_KNOWN = (
    Card("T4", 16, has_bfloat16=False),
    Card("V100", 32, has_bfloat16=False),
    Card("A10", 24, has_bfloat16=True),
    Card("L4", 24, has_bfloat16=True),
    Card("RTX3090", 24, has_bfloat16=True),
    Card("RTX4090", 24, has_bfloat16=True),
    Card("RTX5090", 32, has_bfloat16=True),
    Card("L40S", 48, has_bfloat16=True),
    Card("A100", 80, has_bfloat16=True),
    Card("H100", 80, has_bfloat16=True),
    Card("H200", 141, has_bfloat16=True),
)
_BY_NAME = {card.name: card for card in _KNOWN}
_T4_GIGABYTES = 16


def parse_cards(text: str) -> Cards:
    """Read "COUNTxGB" or "COUNTxNAME".

    Of 16 GB or less a card is taken for a T4, the competition's; a larger one is taken to have bfloat16.

    Raises:
        ShopBenchError: it is neither, or the name is unknown.
    """
    match = re.fullmatch(r"([1-9]\d*)\s*[xX*]\s*(\w+?)\s*(?:GB)?", text.strip())
    if match is None:
        raise ShopBenchError(f"--gpus '{text}': write COUNTxGB or COUNTxNAME, as 4x16 or 4xT4")
    count, kind = int(match[1]), match[2]
    if kind.isdigit() and int(kind) > 0:
        gigabytes = int(kind)
        name = "T4" if gigabytes == _T4_GIGABYTES else f"{gigabytes} GB card"
        return Cards(count, Card(name, gigabytes, has_bfloat16=gigabytes > _T4_GIGABYTES))
    if kind.upper() not in _BY_NAME:
        raise unknown_name("card", kind, _BY_NAME)
    return Cards(count, _BY_NAME[kind.upper()])
