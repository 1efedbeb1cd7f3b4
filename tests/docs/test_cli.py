"""The page of all commands is what the commands say."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def load_generator():
    spec = spec_from_file_location("generate_cli", DOCS / "generate_cli.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_commands_is_up_to_date():
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert load_generator().render_page().splitlines() == page.splitlines(), (
        "run `make docs-cli` and commit docs/cli.md"
    )
