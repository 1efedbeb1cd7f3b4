"""Any answer is read as the evaluator would, and scored."""

import re

from fuzz.rules import expect
from shopbench_plugin.core.vocabulary import CHARACTERS_READ, TaskType
from shopbench_plugin.ecinstruct.tasks import TASKS
from shopbench_plugin.scoring.ecinstruct import EcInstructAnswer, score_ecinstruct
from shopbench_plugin.scoring.parsers import is_unparsable, parse_answer

_INTEGER = re.compile(r" *\d+ *")
_MOST_DIGITS = 4_300
_MOST_RANKED = 5
_MOST_RETRIEVED = 3


def check_parsers(content: bytes) -> None:
    """Every parser reads any text as the evaluator's rules say, which are stated here once more in other words."""
    text = content.decode("utf-8", "replace")
    parsed = {task_type: parse_answer(task_type, text) for task_type in TaskType}
    text = text[:CHARACTERS_READ]
    for task_type, value in parsed.items():
        is_nothing = value == parse_answer(task_type, "")
        expect(is_unparsable(value) == is_nothing, "not what counts as nothing", value)
        whole = text.ljust(CHARACTERS_READ)
        expect(parse_answer(task_type, f"{whole}1,2") == parse_answer(task_type, whole), "read too far", text)
    first = text.strip()[:1]
    choice = int(first) if re.fullmatch(r"\d", first) else -1
    expect(parsed[TaskType.MULTIPLE_CHOICE] == choice, "another choice", text)
    numbers = _list_numbers(text)
    expect(parsed[TaskType.RETRIEVAL] == numbers[:_MOST_RETRIEVED], "another retrieval", text)
    ranked = [number for number in numbers if number <= _MOST_RANKED][:_MOST_RANKED]
    expect(parsed[TaskType.RANKING] == (ranked if len(set(ranked)) == len(ranked) else []), "another ranking", text)
    expect(parsed[TaskType.GENERATION] == text.strip(), "another text", text)
    _check_entities(parsed[TaskType.NAMED_ENTITY_RECOGNITION], text)


def _list_numbers(text: str) -> list[int]:
    kept = "".join(filter(lambda character: character.isnumeric() or character in ", ", text))
    parts = [part for part in kept.split(",") if _INTEGER.fullmatch(part)]
    return [int(part) for part in parts if len(part.strip()) <= _MOST_DIGITS]


def _check_entities(entities: object, text: str) -> None:
    expect(isinstance(entities, list), "entities are no list", entities)
    assert isinstance(entities, list)  # noqa: S101  said for mypy
    expect(all(isinstance(entity, str) for entity in entities), "an entity is no text", entities)
    if "[" not in text:  # Python takes brackets, form feeds and line ends before its list
        expect(entities == [part.strip() for part in text.split(",") if part.strip()], "other entities", text)


def check_ecinstruct_scores(content: bytes) -> None:
    """Any answer to any row of ECInstruct is scored; zero bytes part task, setting, reference, answer and labels."""
    name, setting, reference, prediction, labels, *_ = [*content.decode("utf-8", "replace").split("\0"), *[""] * 5]
    task = TASKS[len(name) % len(TASKS)].name
    if not reference.strip():
        return  # the reader rejects such a row
    esci = tuple(label for label in labels if label in "ESCI")
    answer = EcInstructAnswer(task, setting, reference, prediction, esci)
    for score in score_ecinstruct([answer, answer]).values():
        expect(all(value >= 0 for value in score.metrics.values()), "a score below 0", score)
        expect(score.invalid >= 0, "fewer than no invalid answers", score)
