"""The program `shopbench`, or `python -m shopbench_plugin`."""

from shopbench_plugin.core.exits import explain_exit


def run() -> None:
    """Run the program: exit status 0, 1 with one line on standard error after a failure, 2 for a usage error."""
    with explain_exit():
        # Imported here, since a signal may arrive before all commands are imported.
        from shopbench_plugin.cli.main import app

        app()


if __name__ == "__main__":
    run()
