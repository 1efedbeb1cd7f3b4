"""References from converted sets, which have only an answer: type, metric and reference are read from the wording."""

from dataclasses import replace
from typing import Final

from shopbench_plugin.core.vocabulary import Question, Routed, TaskType
from shopbench_plugin.formats.alpaca import TRAINING
from shopbench_plugin.formats.shopping_mmlu_tasks import METRICS

_METRICS: Final = METRICS | {TaskType.GENERATION: "rougel"}


def type_by_wording(question: Question) -> Question:
    """Return a training row's question with type, metric and reference from its wording; any other unchanged.

    A ranking's weights fall by one from place to place.
    """
    if question.task_name != TRAINING or question.task_type is not None:
        return question
    from shopbench_plugin.routing import route_question  # slow: reads all languages and compiles many expressions

    routed = route_question(question)
    reference = _read_reference(str(question.output_field), routed)
    return replace(question, task_type=routed.task_type, metric=_METRICS[routed.task_type], output_field=reference)


def _read_reference(output: str, routed: Routed) -> str | list[str] | list[float] | list[int]:
    parts = [part.strip() for part in output.split(",")]
    match routed.task_type:
        case TaskType.RANKING:
            weights = {label: float(len(parts) - place) for place, label in enumerate(parts)}
            return [weights.get(label, 0.0) for label in routed.answer_space.labels]
        case TaskType.RETRIEVAL if all(map(str.isdecimal, parts)):
            return [int(part) for part in parts]
        case TaskType.NAMED_ENTITY_RECOGNITION:
            return parts
        case _:
            return output
