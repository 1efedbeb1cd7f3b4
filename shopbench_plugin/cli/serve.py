"""`shopbench serve`: the predictor as an OpenAI-compatible endpoint."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from shopbench_plugin.cli import predictor_options as options


@options.with_flags
def serve(
    flags: options.ModelFlags,
    host: Annotated[
        str, typer.Option(help="Address to listen on. No authentication: anyone who can reach it can send requests.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8080,
    name: Annotated[
        str | None, typer.Option(help="Name that clients know the model by [default: the model folder's].")
    ] = None,
    request_bytes: Annotated[
        int, typer.Option(help="Largest request, and most that one client address may have under way.", min=1)
    ] = 1_000_000,
    request_seconds: Annotated[
        float,
        typer.Option(
            help="Time for an answer; then what has been written is made valid, or 504 where nothing has.",
            min=0.1,
            callback=options.require_finite,
        ),
    ] = 60.0,
    requests_per_second: Annotated[
        float,
        typer.Option(
            help="Requests of one client address in the long run; five times as many at once.",
            min=0.1,
            max=1e6,
            callback=options.require_finite,
        ),
    ] = 20.0,
    page: Annotated[
        bool, typer.Option("--page/--no-page", help="Answer GET / with a page to try the model on.")
    ] = True,
) -> None:
    """Serve the pipeline (route, demonstrate, constrain, repair) at /v1/chat/completions.

    The last turn is the question; user and assistant turns before it replace the demonstrations, a system turn the
    system prompt. max_tokens and stop are honoured; a parameter that is not gets a 400 that names it. Nothing of what
    is asked or answered is logged.
    """
    from shopbench_plugin.predict import Predictor, PredictorSettings
    from shopbench_plugin.serving.app import Served
    from shopbench_plugin.serving.limits import ServingLimits
    from shopbench_plugin.serving.server import open_socket, run_server

    settings = flags.read(PredictorSettings)
    # A recipe's budgets are meant for files; here each request has its own.
    predictor = Predictor(replace(settings, seconds_per_question=None, seconds_per_run=None))
    with open_socket(host, port) as listener:
        predictor.load()
        address = "http://{}:{}/v1".format(*listener.getsockname()[:2])
        where = f" (try it at {address.removesuffix('v1')})" if page else ""
        typer.echo(f"serving {settings.engine.model} at {address}{where}, Ctrl-C ends it")
        limits = ServingLimits(
            request_bytes=request_bytes,
            seconds=request_seconds,
            requests_per_second=requests_per_second,
            burst=math.ceil(5 * requests_per_second),
        )
        served = Served(
            name or Path(settings.engine.model).name,
            # Other servers than vLLM's don't know the constraints.
            is_held=settings.constraints and settings.engine.name != "openai",
            has_page=page,
            context_length=predictor.engine.context_length,
        )
        run_server(listener, predictor, served, limits)
