"""The one exception that a user sees, and the ways an unknown name and a missing package are answered."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST_MESSAGE = 4_000
_LONGEST_NAME = 100
_LONGEST_QUOTATION = 80


class ShopBenchError(Exception):
    """A mistake the user can fix: one line that names the file, the row and the remedy.

    The command line prints it and exits with status 1; every other exception is a defect of the program. What a message
    quotes from files and arguments can't break it into lines, command the terminal, or make it endless.
    """

    def __init__(self, message: str) -> None:
        """Keep `message` on one line: what isn't printable is escaped, and a very long one is cut."""
        shown = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]} ..."
        super().__init__(make_printable(shown))


def make_printable(text: str, kept: str = "") -> str:
    r"""Return `text` with all but printable characters and those `kept` escaped ("\x1b"): a terminal obeys none.

    What comes from datasets and models goes through here on its way to a terminal.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in kept else repr(one)[1:-1] for one in text)


def shorten(value: object) -> str:
    """Return `value` as a short quotation for a message."""
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTATION else f"{text[: _LONGEST_QUOTATION - 3]}..."


def missing_package(package: str, extra: str, alternative: str = "") -> ShopBenchError:
    """Return the error for a `package` that isn't installed; one of the project's extras brings it.

    Args:
        package: what is missing.
        extra: a name under optional-dependencies in pyproject.toml; "" where none brings it.
        alternative: what else helps.
    """
    otherwise = f", or {alternative}" if alternative else ""
    command = f"pip install -e '.[{extra}]' in the project's folder" if extra else f"pip install {package}"
    return ShopBenchError(f"{package} is not installed; run: {command}{otherwise}")


def unknown_name(kind: str, name: str, known: Iterable[str]) -> ShopBenchError:
    """Return the error for a `name` that is none of the `known` ones, with the closest one suggested."""
    choices = sorted(known)
    close = get_close_matches(name[:_LONGEST_NAME], choices, n=1)
    hint = f", did you mean '{close[0]}'?" if close else ";"
    shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
    return ShopBenchError(f"unknown {kind} '{shown}'{hint} Known: {', '.join(choices)}")
