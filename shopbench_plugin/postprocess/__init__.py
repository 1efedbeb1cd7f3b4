"""Raw text -> a valid answer."""

from shopbench_plugin.postprocess.repair import repair

__all__ = ["repair"]
