"""The engines that there are, and what the command line must know of their settings without loading any."""

from typing import Literal

EngineName = Literal["vllm", "openai", "transformers"]

SHORTEST_SECONDS = 0.001
"""The smallest time budget."""
