"""The languages of the project and of installed packages, read once."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Final

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.yaml_files import read_yaml
from shopbench_plugin.language.record import Language, Patterns

GROUP: Final = "shopbench.languages"
"""Entry points of this group name packages that contain further YAML files, one per language."""


@cache
def read_languages() -> Mapping[str, Language]:
    """Return all languages by their codes, English first.

    Raises:
        ShopBenchError: a file doesn't match `Language`, or two define the same language.
    """
    found: dict[str, Language] = {}
    packages = ["shopbench_plugin.language", *sorted(point.value for point in entry_points(group=GROUP))]
    for path in (path for package in packages for path in _list_files(package)):
        language = read_yaml(path, Language)
        if language.code in found:
            raise ShopBenchError(f"{path}: language '{language.code}' is already defined; remove one of the two files")
        found[language.code] = language
    return MappingProxyType(dict(sorted(found.items(), key=lambda pair: pair[0] != "en")))


def _list_files(package: str) -> list[Path]:
    with resources.as_file(resources.files(package)) as folder:
        return sorted(folder.glob("*.yaml"))


def gather(choose: Callable[[Language], Iterable[str]]) -> tuple[str, ...]:
    """Return what `choose` selects from every language, without duplicates."""
    return tuple(dict.fromkeys(word for language in read_languages().values() for word in choose(language)))


def alternatives(choose: Callable[[Language], Patterns]) -> str:
    """Return a pattern of what `choose` selects from every language, longer words before their prefixes."""
    return "|".join(sorted(gather(choose), key=len, reverse=True))


def cue(choose: Callable[[Language], Patterns]) -> str:
    """Return a pattern that finds any of the patterns that `choose` selects.

    Those of languages with blanks between words match whole words only, the others anywhere.
    """
    spaced = gather(lambda language: choose(language) if language.has_blanks else ())
    others = gather(lambda language: () if language.has_blanks else choose(language))
    whole = [rf"\b(?:{'|'.join(spaced)})\b"] if spaced else []
    return "(?:" + ("|".join([*whole, *others]) or r"(?!)") + ")"


def compile_cue(choose: Callable[[Language], Patterns]) -> re.Pattern[str]:
    """Return an expression that finds any of the patterns that `choose` selects, ignoring case."""
    return re.compile(cue(choose), re.IGNORECASE)
