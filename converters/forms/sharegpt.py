"""General dialogues: ShareGPT's `conversations` with from and value, OpenAI's `messages` with role and content.

They are mixed in to keep general ability. Only the first exchange is used, since later ones depend on it.
"""

from collections.abc import Mapping
from typing import Any

from converters.forms.alpaca import keep_question, make_general_row
from converters.forms.form import Form
from shopbench_plugin.core.errors import shorten
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.rows import Row, RowError, Task

_TASK = Task("sharegpt", TaskType.GENERATION)
_ROLES = {
    **dict.fromkeys(("human", "user"), "user"),
    **dict.fromkeys(("gpt", "assistant", "model", "chatgpt"), "assistant"),
    "system": "system",
}
_EXCHANGE = ["user", "assistant"]


def is_dialogue(record: Mapping[str, Any]) -> bool:
    """Return whether the record contains a list of turns."""
    return isinstance(record.get("conversations") or record.get("messages"), list)


def read_dialogue(record: Mapping[str, Any]) -> Row:
    """Return the first exchange of the record as a row, with the system message before the question.

    Raises:
        RowError: a turn isn't text or has an unknown role (`tool`, for example), or the dialogue doesn't begin with a
            question and its answer.
    """
    turns = [_read_turn(turn) for turn in record.get("conversations") or record["messages"]]
    system = str(record.get("system") or "")
    if turns and turns[0][0] == "system":
        system = turns.pop(0)[1]
    if [role for role, _ in turns[:2]] != _EXCHANGE:
        raise RowError("the dialogue does not begin with a user's turn and its answer; fix or remove the row")
    return make_general_row(_TASK, record, (system, turns[0][1]), turns[1][1])


def _read_turn(turn: object) -> tuple[str, str]:
    fields = turn if isinstance(turn, dict) else {}
    role = _ROLES.get(str(fields.get("from") or fields.get("role")))
    text = fields.get("value") if "value" in fields else fields.get("content")
    if role is None or not isinstance(text, str):
        raise RowError(f"a turn is {shorten(turn)}; it must have a role (user, assistant, system) and text")
    return role, text


FORM = Form("sharegpt", is_dialogue, read_dialogue, keep_question)
