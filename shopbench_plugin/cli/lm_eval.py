"""`shopbench lm-eval`: where the tasks for lm-evaluation-harness are."""

import typer


def lm_eval() -> None:
    """Print the folder of ShopBench's tasks for lm-evaluation-harness.

    Pass it to the harness as --include_path; the tasks read the questions from the file in SHOPBENCH_INPUT. The harness
    is installed with the lm-eval extra.
    """
    from importlib.resources import files

    typer.echo(files("shopbench_plugin.lm_evaluation") / "tasks")
