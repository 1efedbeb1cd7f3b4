"""An evaluation as one self-contained HTML file."""

import html

import orjson

from shopbench_plugin.scoring.evaluation import Evaluation
from shopbench_plugin.scoring.export import to_json


def render_report(evaluation: Evaluation) -> str:
    """Return the report as HTML that loads nothing and runs nothing of what the texts hold."""
    scores = html.escape(orjson.dumps(to_json(evaluation), option=orjson.OPT_INDENT_2).decode())
    return f"<!doctype html><meta charset=utf-8><title>ShopBench report</title><pre>{scores}</pre>"
