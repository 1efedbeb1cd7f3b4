"""One HTML file that shows what models scored, how sure that is, what it cost them and every single answer."""

from shopbench_plugin.scoring.report.page import render_report
from shopbench_plugin.scoring.report.runs import Report, Run

__all__ = ["Report", "Run", "render_report"]
