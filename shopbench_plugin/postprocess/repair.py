"""Raw output -> an answer that the evaluator can read, regardless of what the model wrote."""

from typing import Final

from shopbench_plugin.core.vocabulary import Routed, TaskType
from shopbench_plugin.postprocess.cleaning import NO_ANSWER, drop_reasoning, keep_printable
from shopbench_plugin.postprocess.entities import list_entities
from shopbench_plugin.postprocess.indices import list_indices
from shopbench_plugin.postprocess.options import choose_option
from shopbench_plugin.postprocess.texts import quote_passage, tidy_text
from shopbench_plugin.postprocess.turns import drop_next_question

_MOST_ROUNDS: Final = 50


def repair(raw: str, routed: Routed) -> str:
    """Return the valid answer that is closest to `raw`.

    It is total: any string results in an answer that parses under the evaluator's rules and is within the question's
    answer space; repairing an answer again changes nothing. The exception: letters that the question itself uses as
    labels are not numbers to the evaluator.
    """
    match routed.task_type:
        case TaskType.MULTIPLE_CHOICE:
            return choose_option(_own_turn(raw, routed), routed.answer_space)
        case TaskType.RANKING | TaskType.RETRIEVAL:
            return list_indices(_own_turn(raw, routed), routed.answer_space, routed.layout.instruction)
        case TaskType.NAMED_ENTITY_RECOGNITION | TaskType.GENERATION:
            return _settle(raw, routed)


def _own_turn(raw: str, routed: Routed) -> str:
    return drop_next_question(drop_reasoning(raw), routed.question.input_field)


def _settle(raw: str, routed: Routed) -> str:
    """Repair a text until it no longer changes: unwrapped text may itself look like a wrapping."""
    said = _read_text(raw, routed)
    for _ in range(_MOST_ROUNDS):
        again = _read_text(said, routed)
        if again == said:
            return said
        said = again
    return NO_ANSWER


def _read_text(raw: str, routed: Routed) -> str:
    passage, question = routed.answer_space.passage, routed.question.input_field
    raw = _own_turn(keep_printable(raw), routed)
    if routed.task_type is TaskType.NAMED_ENTITY_RECOGNITION:
        return list_entities(raw, passage, question)
    return quote_passage(raw, passage, question) if passage else tidy_text(raw, question)
