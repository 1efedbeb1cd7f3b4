"""One HTML file that shows what models scored, how sure that is, what it cost them and every single answer."""

from shopbench_plugin.scoring.report.page import render_report
from shopbench_plugin.scoring.report.runs import Run
from shopbench_plugin.scoring.report.tables import ReportTable

__all__ = ["ReportTable", "Run", "render_report"]
