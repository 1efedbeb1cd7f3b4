"""Question text -> task type and answer space."""

from shopbench_plugin.routing.decision import route, route_question

__all__ = ["route", "route_question"]
