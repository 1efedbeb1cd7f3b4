"""`shopbench lm-eval`: where the tasks for lm-evaluation-harness are."""

import typer


def lm_eval() -> None:
    """Print the folder of ShopBench's tasks for lm-evaluation-harness.

    It is for the harness's --include_path; the tasks read the questions from SHOPBENCH_INPUT. The harness comes with
    the extra lm-eval.
    """
    from importlib.resources import files

    typer.echo(files("shopbench_plugin.lm_evaluation") / "tasks")
