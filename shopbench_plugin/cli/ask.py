"""`shopbench ask`: one question, one answer."""

from typing import Annotated

import typer

from shopbench_plugin.cli import predictor_options as options


@options.with_flags
def ask(
    question: Annotated[str, typer.Argument(help="The question, as it would appear in an input file.")],
    flags: options.ModelFlags,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also print the task type and the model's raw output to standard error.")
    ] = False,
) -> None:
    """Answer one question and print the answer."""
    from shopbench_plugin.core.vocabulary import Question
    from shopbench_plugin.predict import Predictor, PredictorSettings

    if not question.strip():
        raise typer.BadParameter("is empty; write the question in quotes", param_hint="QUESTION")
    try:
        question.encode()
    except UnicodeEncodeError:  # Python keeps undecodable bytes as lone surrogates
        raise typer.BadParameter(
            "is not valid UTF-8; set the terminal's encoding to UTF-8", param_hint="QUESTION"
        ) from None
    settings = flags.read(PredictorSettings)
    predictor = Predictor(settings)
    try:
        [(_, prediction)] = predictor.answer([Question(question)])
    finally:
        predictor.close()
    if explain:
        typer.echo(f"task type: {prediction.task_type}\nraw: {prediction.raw!r}", err=True)
    typer.echo(prediction.prediction)
