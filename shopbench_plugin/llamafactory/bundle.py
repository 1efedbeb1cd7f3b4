"""The recipes, DeepSpeed files and sample data that ship with the project, both in a checkout and in a wheel."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError, explain_os_error

_PACKAGE = Path(__file__).resolve().parents[1]
_RECIPES = "llamafactory_configs"
_FILES = (
    "dataset_info.json",
    "data/ecinstruct_sample.jsonl",
    "data/general_questions.jsonl",
    "data/shopbench_sample.jsonl",
    "data/shopbench_sample_development.jsonl",
)


@dataclass(frozen=True, slots=True)
class RecipeSummary:
    """A recipe's path relative to the bundle, and the purpose and needs from its header, in one line each."""

    path: str
    purpose: str
    needs: str


def find_bundle() -> Path:
    """Return the folder that contains llamafactory_configs: inside the installed package, or the checkout's root.

    Raises:
        ShopBenchError: the installation contains no recipes.
    """
    for folder in (_PACKAGE / "bundle", _PACKAGE.parent):
        if (folder / _RECIPES).is_dir():
            return folder
    raise ShopBenchError(f"{_PACKAGE}: the installation contains no recipes; reinstall the wheel")


def list_recipes(bundle: Path) -> Iterator[RecipeSummary]:
    """Yield the recipes, sorted by path."""
    for path in sorted((bundle / _RECIPES).glob("*/*.yaml")):
        head = _read_head(path)
        yield RecipeSummary(path.relative_to(bundle).as_posix(), head.get("Purpose", ""), head.get("Needs", ""))


def copy_bundle(bundle: Path, folder: Path) -> int:
    """Copy everything to `folder`, where the recipes' relative paths then work; return the number of files.

    Raises:
        ShopBenchError: a file of the same name exists, or the folder can't be written.
    """
    files = [path for path in (bundle / _RECIPES).rglob("*") if path.suffix in {".yaml", ".json"}]
    names = [*(path.relative_to(bundle) for path in files), *map(Path, _FILES)]
    taken = next((folder / name for name in names if (folder / name).exists()), None)
    if taken is not None:
        raise ShopBenchError(f"{taken}: already exists; choose another folder, or move the file")
    with explain_os_error(folder, "written", "choose another folder"):
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(bundle / name, folder / name)
    return len(names)


def _read_head(path: Path) -> dict[str, str]:
    """Return the sections of the first comment by name; continuation lines are joined."""
    sections: dict[str, str] = {}
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        text = line[1:].strip()
        if not line.startswith("#  "):
            name, _, text = text.partition(":")
        sections[name] = f"{sections.get(name, '')} {text.strip()}".strip()
    return sections
