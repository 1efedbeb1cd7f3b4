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
        str | None, typer.Option(help="Model name that clients use [default: the model folder's name].")
    ] = None,
    request_bytes: Annotated[
        int, typer.Option(help="Maximum size of a request, and of all pending requests of one client.", min=1)
    ] = 1_000_000,
    request_seconds: Annotated[
        float,
        typer.Option(
            help="Time limit per answer; a partial answer is then made valid, and without one 504 is returned.",
            min=0.1,
            callback=options.require_finite,
        ),
    ] = 60.0,
    requests_per_second: Annotated[
        float,
        typer.Option(
            help="Sustained request rate per client address; bursts may reach five times that.",
            min=0.1,
            max=1e6,
            callback=options.require_finite,
        ),
    ] = 20.0,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Serve a page at / to try the model.")] = True,
) -> None:
    """Serve the pipeline (route, demonstrate, constrain, repair) at /v1/chat/completions.

    The last turn is the question; earlier user and assistant turns replace the demonstrations, a system turn replaces
    the system prompt. max_tokens and stop are supported; an unsupported parameter gets a 400 that names it.
    Questions and answers are not logged.
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
        typer.echo(f"serving {settings.engine.model} at {address}{where}, stop with Ctrl-C")
        limits = ServingLimits(
            request_bytes=request_bytes,
            seconds=request_seconds,
            requests_per_second=requests_per_second,
            burst=math.ceil(5 * requests_per_second),
        )
        served = Served(
            name or Path(settings.engine.model).name,
            # Servers other than vLLM don't support the constraints.
            is_held=settings.constraints and settings.engine.name != "openai",
            has_page=page,
            context_length=predictor.engine.context_length,
        )
        run_server(listener, predictor, served, limits)
