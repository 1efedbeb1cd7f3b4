"""Question text -> task type, and what may be answered."""

from shopbench_plugin.routing.decision import route, route_question

__all__ = ["route", "route_question"]
