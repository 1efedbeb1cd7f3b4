"""Raw output -> an answer that the evaluator can read, whatever the model wrote."""

from shopbench_plugin.core.vocabulary import Routed, TaskType
from shopbench_plugin.postprocess.entities import list_entities
from shopbench_plugin.postprocess.indices import list_indices
from shopbench_plugin.postprocess.options import choose_option
from shopbench_plugin.postprocess.texts import quote_passage, tidy_text


def repair(raw: str, routed: Routed) -> str:
    """Return the valid answer that `raw` comes closest to.

    It is total: any string gives an answer that parses under the evaluator's rules and stays within the question's
    answer space; repairing an answer once more changes nothing. Only letters that the question itself uses as labels
    are no numbers to the evaluator.
    """
    space = routed.answer_space
    match routed.task_type:
        case TaskType.MULTIPLE_CHOICE:
            return choose_option(raw, space)
        case TaskType.RANKING | TaskType.RETRIEVAL:
            return list_indices(raw, space)
        case TaskType.NAMED_ENTITY_RECOGNITION:
            return list_entities(raw, space.passage, routed.question.input_field)
        case TaskType.GENERATION:
            if space.passage:
                return quote_passage(raw, space.passage, routed.question.input_field)
            return tidy_text(raw, routed.question.input_field)
