"""Constraints as outlines types and as the arguments of vLLM's structured output parameters."""

from functools import lru_cache
from typing import Any

from shopbench_plugin.constraints.constraint import Constraint
from shopbench_plugin.core.errors import missing_package


@lru_cache(maxsize=1024)
def to_outlines_type(constraint: Constraint) -> Any:
    """Return the outlines term for a constraint (Choice or Regex), None if the answer is free.

    Raises:
        ShopBenchError: outlines is not installed.
    """
    try:
        from outlines.types import Choice, Regex
    except ModuleNotFoundError as error:
        raise missing_package("outlines", "serve") from error
    if constraint.choices:
        return Choice(list(constraint.choices))
    return None if constraint.regex is None else Regex(constraint.regex)


def to_vllm_arguments(constraint: Constraint) -> dict[str, Any]:
    """Return the keyword arguments of vLLM's StructuredOutputsParams for a constraint, empty if the answer is free.

    They come from outlines' adapter for vLLM: a regular expression, even for a choice.
    """
    term = to_outlines_type(constraint)
    if term is None:
        return {}
    from outlines.models.vllm_offline import VLLMOfflineTypeAdapter

    return dict(VLLMOfflineTypeAdapter().format_output_type(term))
