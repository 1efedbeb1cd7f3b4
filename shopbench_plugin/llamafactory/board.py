"""LLaMA Board's data folder; imported only by `import_hook`, right after llamafactory.webui.common has run."""

from pathlib import Path
from types import ModuleType

_INFO = "dataset_info.json"


def find_datasets(common_module: ModuleType) -> None:
    """Make the board start with the working folder's datasets if its default folder, `data`, lists none."""
    if not Path(common_module.DEFAULT_DATA_DIR, _INFO).is_file() and Path(_INFO).is_file():
        common_module.DEFAULT_DATA_DIR = "."  # type: ignore[attr-defined]
