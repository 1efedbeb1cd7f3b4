"""Dataset entries and their first rows, as LlamaFactory will read them (llamafactory/data/converter.py)."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from shopbench_plugin.ecinstruct.rows import ALPACA_COLUMNS
from shopbench_plugin.llamafactory.checks.dataset_entries import Dataset
from shopbench_plugin.llamafactory.checks.facts import Facts
from shopbench_plugin.llamafactory.checks.findings import Check, Finding, suggest

_ENTRY_KEYS = (
    *("file_name", "hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name"),
    *("formatting", "ranking", "subset", "split", "folder", "num_samples", "columns", "tags"),
)
_COLUMN_KEYS = (
    *("prompt", "query", "response", "history", "messages", "system", "tools"),
    *("images", "videos", "audios", "chosen", "rejected", "kto_tag"),
)
_TAGS = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "observation_tag": "observation",
    "function_tag": "function_call",
    "system_tag": "system",
}
_FORMATTINGS = ("alpaca", "sharegpt", "openai")
_RAW_ECINSTRUCT = {"task", "options"}
_RANKING_STAGES = ("rm", "dpo")
_UNSUPERVISED_STAGES = ("pt", "ppo")
_CONVERT = "convert it with `shopbench convert`"


def find_wrong_entries(facts: Facts) -> Iterator[Finding]:
    """Keys and values of entries that LlamaFactory silently ignores, or fails on."""
    for dataset in facts.datasets:
        entry = dataset.entry
        for key in entry:
            close = get_close_matches(key, _ENTRY_KEYS, n=1, cutoff=0.8)
            if key not in _ENTRY_KEYS and close:
                yield Finding(f"{dataset.place}: unknown key '{key}', did you mean '{close[0]}'?")
        formatting = entry.get("formatting", "alpaca")
        if formatting not in _FORMATTINGS:
            yield Finding(f"{dataset.place}: unknown formatting '{formatting}'; use one of {', '.join(_FORMATTINGS)}")
        yield from _find_unknown(dataset, "columns", _COLUMN_KEYS)
        yield from _find_unknown(dataset, "tags", tuple(_TAGS))


def _find_unknown(dataset: Dataset, section: str, known: tuple[str, ...]) -> Iterator[Finding]:
    given = dataset.entry.get(section, {})
    if not isinstance(given, dict):
        yield Finding(f"{dataset.place}: '{section}' is not a JSON object; use names as keys")
        return
    for key in given:
        if key not in known:
            yield Finding(f"{dataset.place}: unknown key '{key}' in '{section}', {suggest(key, known)}")


def find_missing_answers(facts: Facts) -> Iterator[Finding]:
    """Entries whose rows LlamaFactory would read as questions without answers, or answers without questions."""
    for dataset in facts.datasets:
        columns, ranking = read_columns(dataset), bool(dataset.entry.get("ranking"))
        stage = facts.recipe.stage
        if ranking and stage not in _RANKING_STAGES:
            yield Finding(f"{dataset.place}: 'ranking' is for the stages rm and dpo, not {stage}; use another dataset")
        if not ranking and stage in _RANKING_STAGES:
            yield Finding(
                f"{dataset.place}: stage {stage} needs pairs of answers; set ranking: true, chosen and rejected"
            )
        if stage == "kto" and not columns.get("kto_tag"):
            yield Finding(f"{dataset.place}: stage kto needs a column of true and false; name it kto_tag in 'columns'")
        if _is_sharegpt(dataset) or ranking or facts.recipe.stage in _UNSUPERVISED_STAGES:
            continue
        if not columns.get("response"):
            yield Finding(f"{dataset.place}: 'columns' has no 'response', so rows have no answer; add it")
        if not columns.get("prompt") and not columns.get("query"):
            yield Finding(f"{dataset.place}: 'columns' has no 'prompt', so rows have no instruction; add it")


def find_wrong_rows(facts: Facts) -> Iterator[Finding]:
    """Rows in a different format than the entry says."""
    for dataset in facts.datasets:
        if dataset.file is None or dataset.file.suffix == ".arrow":
            continue
        if dataset.entry.get("formatting", "alpaca") not in _FORMATTINGS:
            continue
        finding = _find_wrong_form(dataset)
        if finding:
            yield Finding(finding)
        elif _is_sharegpt(dataset):
            yield from _find_wrong_turns(dataset)
        else:
            yield from _find_empty_rows(dataset, facts.recipe.stage)


def _find_wrong_form(dataset: Dataset) -> str:
    file, rows = dataset.file, dataset.rows
    if not rows:
        return f"{file}: the file of dataset '{dataset.name}' has no rows; run `shopbench convert` again"
    if file is not None and file.suffix == ".txt":
        if str(rows[0].get("text", "")).lstrip("\ufeff \t").startswith(("[", "{")):
            return f"{file}: contains JSON, but .txt files are loaded as plain text, line by line; rename it to .json"
        if "text" not in read_columns(dataset).values():
            return f"{file}: a .txt file has only the column 'text', which 'columns' does not name; {_CONVERT}"
    names = {name for row in rows for name in row}
    columns = {key: name for key, name in read_columns(dataset).items() if name}
    missing = next((item for item in columns.items() if item[1] not in names), None)
    if missing is not None:
        return (
            f"{file}: no column '{missing[1]}', which dataset '{dataset.name}' uses as '{missing[0]}'; {_hint(dataset)}"
        )
    if names >= _RAW_ECINSTRUCT and not _RAW_ECINSTRUCT & set(columns.values()):
        return f"{file}: contains unconverted ECInstruct rows, which would train without their options; {_CONVERT}"
    return ""


def _hint(dataset: Dataset) -> str:
    row = dataset.rows[0]
    if not _is_sharegpt(dataset) and ("conversations" in row or "messages" in row):
        return "its rows are dialogues: set formatting to sharegpt"
    if _is_sharegpt(dataset) and "instruction" in row:
        return "its rows are in alpaca format: remove the 'formatting' key"
    return f"the file has {', '.join(map(str, row))[:80]}; fix 'columns' in {dataset.info.name}"


def _find_wrong_turns(dataset: Dataset) -> Iterator[Finding]:
    turns = dataset.rows[0].get(read_columns(dataset)["messages"])
    first = turns[0] if isinstance(turns, list) and turns else None
    tags = dict(_TAGS) | dataset.entry.get("tags", {}) if isinstance(dataset.entry.get("tags", {}), dict) else _TAGS
    role, content = tags["role_tag"], tags["content_tag"]
    if not isinstance(first, dict):
        yield Finding(f"{dataset.file}: the first row has no list of turns; {_CONVERT}")
    elif dataset.entry.get("formatting") == "openai":
        return
    elif role not in first or content not in first:
        yield Finding(
            f"{dataset.file}: turns have {', '.join(map(str, first))}, not '{role}' and '{content}'; "
            f"set role_tag and content_tag under 'tags' of dataset '{dataset.name}'"
        )
    elif first[role] not in (tags["user_tag"], tags["system_tag"]):
        yield Finding(
            f"{dataset.file}: the first turn's '{role}' is {first[role]!r:.40}, which matches no tag, and LlamaFactory "
            f"skips such rows; set user_tag and assistant_tag under 'tags' of dataset '{dataset.name}'"
        )


def _find_empty_rows(dataset: Dataset, stage: str) -> Iterator[Finding]:
    column = read_columns(dataset).get("response")
    if not column:  # which find_missing_answers names
        return
    answers = [row.get(column) for row in dataset.rows]
    empty = sum(not isinstance(answer, str) or not answer for answer in answers)
    if not empty or dataset.entry.get("ranking") or stage in _UNSUPERVISED_STAGES:
        return
    yield Finding(
        f"{dataset.file}: {empty} of the first {len(answers)} rows have no text in '{column}', and "
        "LlamaFactory drops such rows; remove or fix them",
        is_warning=empty < len(answers),
    )


def find_byte_order_marks(facts: Facts) -> Iterator[Finding]:
    """A byte order mark, which LlamaFactory can't read as UTF-8."""
    for info in dict.fromkeys(dataset.info for dataset in facts.datasets):
        if info.read_bytes()[:3] == b"\xef\xbb\xbf":
            yield Finding(f"{info}: starts with a byte order mark; save it as UTF-8 without one", is_warning=True)


def read_columns(dataset: Dataset) -> dict[str, Any]:
    """Return the columns as DatasetAttr.join sets them: 'columns' in the entry replaces all the defaults."""
    given = dataset.entry.get("columns")
    if isinstance(given, dict):
        used = {key: value for key, value in given.items() if key in _COLUMN_KEYS}
        return used | ({"messages": given.get("messages")} if _is_sharegpt(dataset) else {})
    return {"messages": "conversations"} if _is_sharegpt(dataset) else dict(ALPACA_COLUMNS)


def _is_sharegpt(dataset: Dataset) -> bool:
    return bool(dataset.entry.get("formatting", "alpaca") != "alpaca")


CHECKS: tuple[Check, ...] = (find_wrong_entries, find_missing_answers, find_wrong_rows, find_byte_order_marks)
