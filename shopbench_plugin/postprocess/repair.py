"""Raw output -> an answer that the evaluator can read, regardless of what the model wrote."""

from typing import Final

from shopbench_plugin.core.vocabulary import Routed, TaskType
from shopbench_plugin.postprocess.cleaning import NO_ANSWER
from shopbench_plugin.postprocess.entities import list_entities
from shopbench_plugin.postprocess.indices import list_indices
from shopbench_plugin.postprocess.options import choose_option
from shopbench_plugin.postprocess.texts import quote_passage, tidy_text

_MOST_ROUNDS: Final = 50


def repair(raw: str, routed: Routed) -> str:
    """Return the valid answer that is closest to `raw`.

    It is total: any string results in an answer that parses under the evaluator's rules and is within the question's
    answer space; repairing an answer again changes nothing. The exception: letters that the question itself uses as
    labels are not numbers to the evaluator.
    """
    match routed.task_type:
        case TaskType.MULTIPLE_CHOICE:
            return choose_option(raw, routed.answer_space)
        case TaskType.RANKING | TaskType.RETRIEVAL:
            return list_indices(raw, routed.answer_space, routed.layout.instruction)
        case TaskType.NAMED_ENTITY_RECOGNITION | TaskType.GENERATION:
            return _settle(raw, routed)


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
    if routed.task_type is TaskType.NAMED_ENTITY_RECOGNITION:
        return list_entities(raw, passage, question)
    return quote_passage(raw, passage, question) if passage else tidy_text(raw, question)
