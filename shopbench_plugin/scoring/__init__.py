"""The official parsers and metrics, aggregation, uncertainty, comparison and reports.

from shopbench_plugin.scoring import evaluate

evaluation = evaluate(rows)  # development rows with their `prediction`
print(evaluation.overall.score)
"""

from shopbench_plugin.scoring.answers import reward, score_answer, score_answers
from shopbench_plugin.scoring.baselines import best_constant_answers
from shopbench_plugin.scoring.comparison import Comparison, compare, compare_files
from shopbench_plugin.scoring.evaluation import Evaluation, evaluate, evaluate_files
from shopbench_plugin.scoring.export import to_json
from shopbench_plugin.scoring.records import ScoredAnswer, ScoringSettings

__all__ = [
    "Comparison",
    "Evaluation",
    "ScoredAnswer",
    "ScoringSettings",
    "best_constant_answers",
    "compare",
    "compare_files",
    "evaluate",
    "evaluate_files",
    "reward",
    "score_answer",
    "score_answers",
    "to_json",
]
