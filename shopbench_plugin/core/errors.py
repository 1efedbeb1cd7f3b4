"""The exception for users, and the errors for unknown names and missing packages."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

_LONGEST_MESSAGE = 4_000
_LONGEST_NAME = 100
_LONGEST_QUOTATION = 80


class ShopBenchError(Exception):
    """A problem the user can fix: one line with the file, the row and the fix.

    The command line prints it and exits with status 1; every other exception is a bug. Text that a message quotes from
    files and arguments can't add line breaks, send terminal escape sequences, or make it arbitrarily long.
    """

    def __init__(self, message: str) -> None:
        """Store `message` as one line: escape unprintable characters, and cut a very long one."""
        shown = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]} ..."
        super().__init__(make_printable(shown))


def make_printable(text: str, kept: str = "") -> str:
    r"""Return `text` with all characters escaped ("\x1b") that are neither printable nor in `kept`.

    Text from datasets and models passes through here on its way to a terminal, which must not execute escapes.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in kept else repr(one)[1:-1] for one in text)


def shorten(value: object) -> str:
    """Return `value` as a short quote for a message."""
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTATION else f"{text[: _LONGEST_QUOTATION - 3]}..."


def describe_exception(error: Exception) -> str:
    """Return an exception's message in one line, or the name of its type if it has none."""
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def explain_os_error(path: Path, use: str, advice: str) -> Iterator[None]:
    """Raise an OSError of the block as a ShopBenchError: why `path` can't be "read" or "written", and the fix."""
    try:
        yield
    except OSError as error:
        raise ShopBenchError(f"{path}: cannot be {use} ({error.strerror or error}); {advice}") from error


def missing_package(package: str, extra: str, alternative: str = "") -> ShopBenchError:
    """Return the error for a `package` that isn't installed.

    Args:
        package: what is missing.
        extra: a name under optional-dependencies in pyproject.toml; "" if none includes it.
        alternative: another fix.
    """
    otherwise = f", or {alternative}" if alternative else ""
    command = f"pip install -e '.[{extra}]' in the project's folder" if extra else f"pip install {package}"
    return ShopBenchError(f"{package} is not installed; run: {command}{otherwise}")


def unknown_name(kind: str, name: str, known: Iterable[str]) -> ShopBenchError:
    """Return the error for a `name` that is not in `known`, with the closest one as a suggestion."""
    choices = sorted(known)
    close = get_close_matches(name[:_LONGEST_NAME], choices, n=1)
    hint = f", did you mean '{close[0]}'?" if close else ";"
    shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
    return ShopBenchError(f"unknown {kind} '{shown}'{hint} Known: {', '.join(choices)}")
