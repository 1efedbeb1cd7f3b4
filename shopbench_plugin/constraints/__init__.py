"""Builds a routed question's generation constraint, and converts it to outlines and vLLM."""

from shopbench_plugin.constraints.constraint import Constraint, build_constraint
from shopbench_plugin.constraints.outlines_bridge import to_outlines_type, to_vllm_arguments

__all__ = ["Constraint", "build_constraint", "to_outlines_type", "to_vllm_arguments"]
