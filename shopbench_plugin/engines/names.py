"""The engines that there are."""

from typing import Literal

EngineName = Literal["vllm", "openai", "transformers"]
