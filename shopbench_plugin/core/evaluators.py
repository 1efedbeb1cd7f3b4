"""The evaluators by name; their code is in scoring, which the command line doesn't load to list them."""

from shopbench_plugin.core.registry import Registry

DEFAULT_EVALUATOR = "kdd-cup"
EVALUATORS = Registry(
    "evaluator",
    "shopbench.evaluators",
    {
        "kdd-cup": "shopbench_plugin.scoring.evaluators.kdd_cup:KDD_CUP",
        "shopping-mmlu": "shopbench_plugin.scoring.evaluators.shopping_mmlu:SHOPPING_MMLU",
    },
)
