"""Look a recipe over before LlamaFactory runs it: what is wrong stands in one line, before anything is written."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import orjson
import yaml

from shopbench_plugin.core.errors import ShopBenchError, unknown_name
from shopbench_plugin.core.yaml_files import read_yaml
from shopbench_plugin.llamafactory.recipe_keys import find_mistake, list_templates, read_recipe_keys
from shopbench_plugin.models.adapters import check_adapter
from shopbench_plugin.models.checkpoints import Checkpoint, is_hub_name, open_checkpoint, require_space

Settings = Mapping[str, Any]

_RENAMED = {"group_by_length": "train_sampling_strategy: group_by_length"}  # transformers 5


def check_recipe(recipe: Path, overrides: Iterable[str] = ()) -> None:
    """Check a training or export recipe as LlamaFactory will get it, with `key=value` overrides.

    Raises:
        ShopBenchError: names all that is wrong: keys, template, data set, files, base model, adapter, disk.
    """
    problems = list(_find_problems(read_recipe(recipe, overrides)))
    if problems:
        raise ShopBenchError(f"{recipe}: {'; '.join(problems)}")


def read_recipe(recipe: Path, overrides: Iterable[str] = ()) -> dict[str, Any]:
    """Return a recipe's settings as LlamaFactory reads them, with `key=value` overrides.

    Raises:
        ShopBenchError: the file can't be read or is no YAML mapping, or an override is no key=value.
    """
    return read_yaml(recipe, dict[str, Any], empty={}) | dict(map(_parse_override, overrides))


def _parse_override(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ShopBenchError(f"'{text}': an override is written key=value")
    try:
        return key, yaml.safe_load(value)
    except (yaml.YAMLError, ValueError) as error:
        raise ShopBenchError(f"'{text}': the value is no YAML; quote it") from error


def _read_text(settings: Settings, key: str, default: str = "") -> str:
    value = settings.get(key)
    if value is not None and not isinstance(value, str):
        raise ShopBenchError(f"'{key}' is {value!r:.60}; it must be text")
    return value or default


def _find_problems(settings: Settings) -> Iterator[str]:
    checks: tuple[Callable[[Settings], None], ...] = (_check_template, _check_datasets, _check_files, _check_models)
    yield from _find_wrong_keys(settings)
    for check in checks:
        try:
            check(settings)
        except ShopBenchError as error:
            yield str(error)


def _find_wrong_keys(settings: Settings) -> Iterator[str]:
    known = read_recipe_keys()
    for key, value in settings.items():
        wanted = find_mistake(value, known[key]) if key in known else None
        if wanted is not None:
            yield f"'{key}' wants {wanted}, not '{value}'"
        if key not in known:
            close = [_RENAMED[key]] if key in _RENAMED else get_close_matches(key, known, n=1)
            hint = f", did you mean '{close[0]}'?" if close else ", which LlamaFactory does not have"
            yield f"unknown key '{key}'{hint}"


def _check_template(settings: Settings) -> None:
    template, known = _read_text(settings, "template"), list_templates()
    if template and template not in known:
        close = get_close_matches(template, known, n=1)
        hint = f"did you mean '{close[0]}'?" if close else "use qwen2_shopbench"
        raise ShopBenchError(f"unknown template '{template}', {hint}")


def _check_datasets(settings: Settings) -> None:
    names = [name.strip() for key in ("dataset", "eval_dataset") for name in str(settings.get(key) or "").split(",")]
    if not any(names):
        return
    folder = Path(_read_text(settings, "dataset_dir", "data"))
    path = folder / "dataset_info.json"
    try:
        known = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ShopBenchError(f"{path}: cannot be read as JSON; set dataset_dir to the folder that holds it") from error
    if not isinstance(known, dict):
        raise ShopBenchError(f"{path}: holds no JSON object; LlamaFactory wants data set names as keys")
    for name in filter(None, names):
        if name not in known:
            raise unknown_name("data set", name, known)
        entry = known[name]
        file_name = entry.get("file_name") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(file_name, str | None):
            raise ShopBenchError(f"{path}: the entry of data set {name} is no object that names a file; mend it")
        if file_name and not (folder / file_name).exists():
            raise ShopBenchError(f"{folder / file_name}: the file of data set {name} is missing; run shopbench convert")


def _check_files(settings: Settings) -> None:
    for key in ("deepspeed", "export_quantization_dataset"):
        value = settings.get(key)
        if isinstance(value, str) and Path(value).suffix in {".json", ".jsonl"} and not Path(value).is_file():
            raise ShopBenchError(f"{value}: no such file, which '{key}' names; mend the path, or make it first")


def _check_models(settings: Settings) -> None:
    """Check base model, adapters and the space for the export; models on the hub are left to LlamaFactory."""
    name = _read_text(settings, "model_name_or_path")
    if not name:
        raise ShopBenchError("'model_name_or_path' is missing; name a model folder or a model on the hub")
    base = None if is_hub_name(name) else open_checkpoint(Path(name))
    if base is not None:
        base.read_shapes()  # which finds what is cut short
    for adapter in filter(None, str(settings.get("adapter_name_or_path") or "").split(",")):
        if not is_hub_name(adapter.strip()):
            check_adapter(Path(adapter.strip()), base)
    export_dir = _read_text(settings, "export_dir")
    if base is not None and export_dir:
        require_space(Path(export_dir), _count_export_bytes(base, settings))


def _count_export_bytes(base: Checkpoint, settings: Settings) -> int:
    """Return an upper bound: a merged model is as large as its base, one in 4 bits half as large at most."""
    return base.size // 2 if settings.get("export_quantization_bit") == 4 else base.size  # noqa: PLR2004  bits
