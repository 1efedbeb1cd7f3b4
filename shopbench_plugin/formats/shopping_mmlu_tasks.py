r"""Shopping MMLU by task: `multiple_choice/NAME_dataset.csv`, and `retrieval/`, `ranking/` ... `NAME_dataset.json`.

The folder is the type. A row of a multiple choice, and one of another type:

    question,choices,answer
    Which is edible?,"['a shoe', 'an apple', 'a pan', 'a rug']",1

    {"input_field": "Rank these ...", "target_field": [1, 0.1, 0]}

`answer` is the index of the choice from 0. `review_rating_prediction` asks for 1 to 5 and does not use `choices`.
The metric of a generation follows from the task's name, as in the benchmark's own script.
"""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, shorten
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.formats.competition import read_list, read_reference
from shopbench_plugin.formats.files import Row
from shopbench_plugin.formats.form import Choice, QuestionFormat

_TYPES = {
    "multiple_choice": TaskType.MULTIPLE_CHOICE,
    "retrieval": TaskType.RETRIEVAL,
    "ranking": TaskType.RANKING,
    "named_entity_recognition": TaskType.NAMED_ENTITY_RECOGNITION,
    "generation": TaskType.GENERATION,
}
METRICS = {
    TaskType.MULTIPLE_CHOICE: "accuracy",
    TaskType.RETRIEVAL: "hit rate@3",
    TaskType.RANKING: "ndcg",
    TaskType.NAMED_ENTITY_RECOGNITION: "micro f1",
}
"""The only metric of each type; that of a generation depends on its task."""
_RATING_TASK = "review_rating_prediction"
_RATINGS = range(1, 6)


def _matches(_: PurePath, row: Row) -> bool:
    return row.keys() >= {"question", "choices", "answer"} or row.keys() >= {"input_field", "target_field"}


def _restate(path: PurePath, row: Row) -> Row:
    name = path.name.split(".")[0].removesuffix("_dataset")
    if "question" in row:
        task_type = TaskType.MULTIPLE_CHOICE
        text, reference = _read_choice(name, row)
    else:
        task_type = _read_type(path)
        text, reference = row["input_field"], _read_target(row["target_field"], task_type)
    return {
        "input_field": text,
        "output_field": reference,
        "task_name": name,
        "task_type": task_type,
        "metric": METRICS.get(task_type) or _find_text_metric(name),
        "is_multiple_choice": task_type is TaskType.MULTIPLE_CHOICE,
        "route_as": task_type,
    }


def _read_choice(name: str, row: Row) -> tuple[str, object]:
    """Return the question in the wording of the benchmark's script, and the label of its answer."""
    question, answer = str(row["question"]), read_reference(row["answer"], TaskType.MULTIPLE_CHOICE)
    if _RATING_TASK in name:
        return f"{question}\nAnswer: ", _check_answer(answer, _RATINGS)
    choices = _read_choices(row["choices"])
    if not isinstance(answer, int) and choices.count(str(answer)) == 1:
        answer = choices.index(str(answer))
    options = "".join(f"\n{place}. {choice}" for place, choice in enumerate(choices))
    return f"{question}{options}\nAnswer: ", _check_answer(answer, range(len(choices)))


def _read_choices(value: object) -> list[str]:
    choices = value if isinstance(value, list) else read_list(value)
    if not choices:
        raise ShopBenchError(f"'choices' is {shorten(value)}; it must be a list of strings, such as ['red', 'blue']")
    return [str(choice) for choice in choices]


def _check_answer(answer: object, allowed: range) -> int:
    if isinstance(answer, bool) or not isinstance(answer, int) or answer not in allowed:
        raise ShopBenchError(f"'answer' is {shorten(answer)}; it must be a number from {allowed[0]} to {allowed[-1]}")
    return answer


def _read_type(path: PurePath) -> TaskType:
    if path.parent.name not in _TYPES:
        raise ShopBenchError(
            f"its folder does not name a task type; put the file into a folder named {', '.join(list(_TYPES)[1:])}"
        )
    return _TYPES[path.parent.name]


def _read_target(value: Any, task_type: TaskType) -> object:
    target = read_reference(value, task_type)
    return target if task_type is not TaskType.GENERATION or isinstance(target, list | str) else str(target)


def _find_text_metric(name: str) -> str:
    if "extraction" in name:
        return "rougel"
    if "translation" in name:
        return "jp-bleu" if "JP" in name else "bleu"
    return "multilingual-sent-transformer" if "multilingual" in name else "sent-transformer"


def _choose_files(paths: Sequence[PurePath]) -> Choice:
    """Choose all files; if more than one type has a folder, name the types that have none."""
    kinds = [path.parent.name for path in paths if path.parent.name in _TYPES]
    missing = [kind for kind in _TYPES if kind not in kinds] if len(set(kinds)) > 1 else []
    return Choice(paths, tuple(f"contains no file in {kind}/" for kind in missing))


FORMAT = QuestionFormat(_matches, _restate, choose_files=_choose_files)
