"""One HTML file that shows what models scored, with intervals, where they lost points, and every answer."""

from shopbench_plugin.scoring.report.page import render_report
from shopbench_plugin.scoring.report.runs import Report, Run

__all__ = ["Report", "Run", "render_report"]
