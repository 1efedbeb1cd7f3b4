"""The `shopbench` program: its commands."""

import logging
from typing import Annotated

import typer

from shopbench_plugin.cli import demonstrations, quantized, tiny_model
from shopbench_plugin.cli.ablation import ablation
from shopbench_plugin.cli.ask import ask
from shopbench_plugin.cli.blend import blend
from shopbench_plugin.cli.check import check
from shopbench_plugin.cli.convert import calibrate, convert, inspect
from shopbench_plugin.cli.evaluate import compare, evaluate
from shopbench_plugin.cli.evaluate_ecinstruct import evaluate_ecinstruct
from shopbench_plugin.cli.import_gguf import import_gguf
from shopbench_plugin.cli.listings import ListingCommand, ListingGroup
from shopbench_plugin.cli.lm_eval import lm_eval
from shopbench_plugin.cli.pad import pad
from shopbench_plugin.cli.plan import plan
from shopbench_plugin.cli.predict import predict
from shopbench_plugin.cli.recipes import recipes
from shopbench_plugin.cli.route import route
from shopbench_plugin.cli.serve import serve
from shopbench_plugin.cli.sweep import sweep
from shopbench_plugin.core.quiet import silence_libraries

app = typer.Typer(
    name="shopbench",
    cls=ListingGroup,
    help="Fine-tune, quantize, serve and score shopping assistants with LlamaFactory.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its panels take as long as the rest of --help
    context_settings={"max_content_width": 120},
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"shopbench {version('shopbench-llamafactory')}")
        raise typer.Exit


@app.callback()
def _commands(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Define the program's own options, and print the project's log messages but not those of other packages."""
    logging.getLogger("shopbench_plugin").setLevel(logging.INFO)
    if logging.lastResort is not None:  # prints only the message, to standard error
        logging.lastResort.setLevel(logging.INFO)
    silence_libraries()


app.command("tiny-model")(tiny_model.create)
app.command("import-gguf")(import_gguf)
app.command("convert")(convert)
app.command("inspect")(inspect)
app.command("calibrate")(calibrate)
app.command("evaluate")(evaluate)
app.command("compare")(compare)
app.command("evaluate-ecinstruct")(evaluate_ecinstruct)
app.command("ablation", cls=ListingCommand)(ablation)
app.command("predict", cls=ListingCommand)(predict)
app.command("ask", cls=ListingCommand)(ask)
app.command("serve", cls=ListingCommand)(serve)
app.add_typer(demonstrations.app, name="demonstrations")
app.command("route")(route)
app.command("lm-eval")(lm_eval)
app.command("check")(check)
app.command("blend")(blend)
app.command("sweep", cls=ListingCommand)(sweep)
app.command("pad")(pad)
app.command("untie")(quantized.untie)
app.command("clean-quantized")(quantized.clean)
app.command("check-quantized")(quantized.check)
app.command("plan")(plan)
app.command("recipes")(recipes)
