"""Any question is routed, and any answer to it repaired."""

from fuzz.rules import expect
from shopbench_plugin.constraints import build_constraint
from shopbench_plugin.core.vocabulary import CHARACTERS_READ, Routed, TaskType
from shopbench_plugin.core.words import find_words
from shopbench_plugin.postprocess import repair
from shopbench_plugin.postprocess.cleaning import keep_printable
from shopbench_plugin.routing import route

_TOLD = (None, True, False)
_TYPES = (None, *TaskType)


def check_routing(content: bytes) -> None:
    """Any text gets a task type and an answer space that fits it.

    The first byte decides whether the question is told to be a multiple choice and which task type is given.
    """
    told, task_type = _read_settings(content)
    check_routed(route(content[1:].decode("utf-8", "surrogateescape"), told, task_type))


def check_routed(routed: Routed) -> None:
    """The answer space hangs together, and a constraint can be built from it."""
    space = routed.answer_space
    expect(len(space.labels) == len(space.texts), "not a text for each label", space)
    expect(len(set(space.labels)) == len(space.labels), "a label stands twice", space)
    expect(space.count is None or 1 <= space.count <= len(space.labels), "a count beyond the labels", space)
    if routed.task_type in {TaskType.MULTIPLE_CHOICE, TaskType.RANKING, TaskType.RETRIEVAL}:
        expect(space.labels, "nothing can be chosen", space)
    expect(space.passage is None or space.passage in routed.question.input_field, "a foreign passage", space)
    expect(build_constraint(routed).max_tokens > 0, "no token may be generated", space)


def check_repair(content: bytes) -> None:
    """Any answer to any question becomes a valid one, and that one stays.

    The first byte tells what the question is; question and answer are parted by a zero byte.
    """
    told, task_type = _read_settings(content)
    question, _, raw = content[1:].decode("utf-8", "replace").partition("\0")
    check_answer(raw, route(question, told, task_type))


def _read_settings(content: bytes) -> tuple[bool | None, TaskType | None]:
    number = content[0] if content else 0
    return _TOLD[number % len(_TOLD)], _TYPES[number // len(_TOLD) % len(_TYPES)]


def check_answer(raw: str, routed: Routed) -> None:
    """What `raw` is repaired to is valid, short enough, and repaired already."""
    answer = repair(raw, routed)
    expect(repair(answer, routed) == answer, "repairing twice changes", answer, repair(answer, routed))
    expect(len(answer) <= CHARACTERS_READ, "longer than the evaluator reads", len(answer))
    match routed.task_type:
        case TaskType.MULTIPLE_CHOICE:
            expect(answer in routed.answer_space.labels, "none of the options", answer, routed.answer_space)
        case TaskType.RANKING | TaskType.RETRIEVAL:
            _check_indices(answer, routed)
        case TaskType.NAMED_ENTITY_RECOGNITION:
            _check_entities(answer, routed.answer_space.passage)
        case TaskType.GENERATION:
            _check_text(answer, routed)


def _check_indices(answer: str, routed: Routed) -> None:
    space, indices = routed.answer_space, answer.split(",")
    expect(set(indices) <= set(space.labels), "an index that is not listed", answer, space)
    expect(len(set(indices)) == len(indices), "an index stands twice", answer)
    most = space.count or len(space.labels)
    expect(space.labels_wanted <= len(indices) <= most, "too few or too many indices", answer, space)


def _check_entities(answer: str, query: str | None) -> None:
    if query is None:
        return
    entities = answer.split(", ")
    folded = [entity.casefold() for entity in entities]
    expect(len(set(folded)) == len(folded), "an entity stands twice", answer)
    plain = " ".join(keep_printable(query).split())
    for entity in entities:
        expect(entity.casefold() in plain.casefold(), "an entity that is not in the query", entity, query)


def _check_text(answer: str, routed: Routed) -> None:
    passage = routed.answer_space.passage
    if passage:
        passage = keep_printable(passage)
        expect(answer.casefold() in passage.casefold(), "not a part of the passage", answer, passage)
        expect(answer or not find_words(passage), "no excerpt of a passage with words", passage)
