"""The program `shopbench`, or `python -m shopbench_plugin`."""

from shopbench_plugin.core.exits import explain_exit


def run() -> None:
    """Run the program: exit status 0, 1 with one line on standard error when it failed, 2 for wrong usage."""
    with explain_exit():
        # Within, since a signal may come before all commands are imported.
        from shopbench_plugin.cli.main import app

        app()


if __name__ == "__main__":
    run()
