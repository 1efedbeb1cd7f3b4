"""How the competition's evaluator reads an answer, quirks included.

Source: parsers.py 0.1.1 of the Amazon KDD Cup 2024 starter kit. These functions are part of the score: a more lenient
parser than the official one would promise points that the competition does not award.
"""

import ast
import warnings
from collections.abc import Callable
from contextlib import suppress

from shopbench_plugin.core.vocabulary import CHARACTERS_READ, INDICES_READ, RANKED_READ, TaskType

Parsed = int | str | list[int] | list[str]

UNPARSABLE_CHOICE = -1


def parse_answer(task_type: TaskType, answer: str) -> Parsed:
    """Return what the evaluator parses from the first 5,000 characters of `answer`."""
    return _PARSERS[task_type](answer[:CHARACTERS_READ])


def is_unparsable(parsed: Parsed) -> bool:
    """Return whether the evaluator found nothing to score: no number, an empty list, an empty text."""
    return parsed in (UNPARSABLE_CHOICE, "", [])


def parse_choice(answer: str) -> int:
    """Return the first character of the stripped answer as a number, or -1.

    "12" is 1 and "3. because" is 3; any script's digits count ("٣" is 3), fractions and superscripts do not.
    """
    try:
        return int(answer.strip()[:1])
    except ValueError:
        return UNPARSABLE_CHOICE


def parse_ranking(answer: str) -> list[int]:
    """Return the first five numbers not above 5, or an empty list if one of them is repeated.

    0 is accepted, although items count from 1.
    """
    ranked = [number for number in _parse_numbers(answer) if number <= RANKED_READ][:RANKED_READ]
    return ranked if len(set(ranked)) == len(ranked) else []


def parse_retrieval(answer: str) -> list[int]:
    """Return the first three numbers, repeated ones included."""
    return _parse_numbers(answer)[:INDICES_READ]


def _parse_numbers(answer: str) -> list[int]:
    """Return the comma-separated numbers after removing all but numeric characters, commas and spaces.

    Characters are removed without leaving a gap: "item1a2" is 12, "1", line break, "2" is 12, "-3" is 3. "1 2" is not a
    number, nor is anything with a numeric character that is not a digit ("½", "²", "五").
    """
    return list_integers("".join(character for character in answer if character.isnumeric() or character in ", "))


def list_integers(text: str) -> list[int]:
    """Return the integers among the comma-separated parts of a text."""
    numbers = []
    for part in text.split(","):
        with suppress(ValueError):
            numbers.append(int(part))
    return numbers


def parse_entities(answer: str) -> list[str]:
    """Return a Python list of strings unchanged, or else the comma-separated parts, stripped, without empty ones.

    A list in brackets without quotes is not a Python list, so the brackets stay with the first and the last part.
    """
    entities = _evaluate_literal(answer)
    if isinstance(entities, list) and all(isinstance(entity, str) for entity in entities):
        return entities
    return [part.strip() for part in answer.split(",") if part.strip()]


def _evaluate_literal(text: str) -> object:
    """Return the value of a Python literal, or None if `text` isn't one.

    A malicious text can break the parser in many ways (ValueError, SyntaxError, MemoryError, RecursionError), and the
    evaluator continues after each of them.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # the user can't fix a "\d" in an answer
            return ast.literal_eval(text)
    except Exception:  # noqa: BLE001  the evaluator catches everything here, which affects the score
        return None


_PARSERS: dict[TaskType, Callable[[str], Parsed]] = {
    TaskType.MULTIPLE_CHOICE: parse_choice,
    TaskType.RANKING: parse_ranking,
    TaskType.RETRIEVAL: parse_retrieval,
    TaskType.NAMED_ENTITY_RECOGNITION: parse_entities,
    TaskType.GENERATION: str.strip,
}
