"""From layout, cues and numbers to a task type: the first rule that fits decides."""

from typing import Final

from shopbench_plugin.routing.cues import Cues, read_cues
from shopbench_plugin.routing.layout import Layout, read_layout
from shopbench_plugin.routing.numbers_asked import find_count, find_scale
from shopbench_plugin.routing.passages import find_entity_source, find_excerpt_source
from shopbench_plugin.tasks import AnswerSpace, Question, Routed, TaskType

_DEFAULT_OPTIONS: Final = ("0", "1", "2", "3")
_MOST_OPTIONS: Final = 10
"""The evaluator reads one character of a multiple choice, so more options than digits can't be one."""
_MOST_RANKED: Final = 10


def route(text: str, is_multiple_choice: bool | None = None, task_type: TaskType | None = None) -> Routed:
    """Tell from a question's own wording its task type and what may be answered.

    Args:
        text: the question, any string.
        is_multiple_choice: as the competition tells it; it is trusted. None where nobody told.
        task_type: overrides the decision; the answer space is still read from the text.
    """
    return route_question(Question(text, is_multiple_choice), task_type)


def route_question(question: Question, task_type: TaskType | None = None) -> Routed:
    """Route a whole row; its own `task_type` is a reference to compare with and is not looked at."""
    layout = read_layout(question.input_field)
    cues = read_cues(layout.instruction)
    if task_type is not None:
        decided, rule, is_sure = task_type, "given by the caller", True
    else:
        decided, rule, is_sure = _decide(question.is_multiple_choice, layout, cues)
    space = _answer_space(decided, layout, cues)
    if decided is TaskType.MULTIPLE_CHOICE and space.labels == _DEFAULT_OPTIONS and layout.listing is None:
        rule, is_sure = f"{rule}, no options found", False
    return Routed(question, decided, space, rule, is_sure)


def _decide(is_multiple_choice: bool | None, layout: Layout, cues: Cues) -> tuple[TaskType, str, bool]:
    if is_multiple_choice:
        return TaskType.MULTIPLE_CHOICE, "told to be multiple choice", True
    if layout.listing is not None:
        decision = _decide_with_list(is_multiple_choice, layout, cues)
        if decision is not None:
            return decision
    if is_multiple_choice is None and find_scale(layout.instruction):
        return TaskType.MULTIPLE_CHOICE, "asks for a rating on a scale", True
    return _decide_without_list(cues)


def _decide_with_list(is_multiple_choice: bool | None, layout: Layout, cues: Cues) -> tuple[TaskType, str, bool] | None:
    assert layout.listing is not None  # noqa: S101 (for mypy: the caller looked)
    length = len(layout.listing.labels)
    count = find_count(layout.instruction, length)
    if cues.wants_order and not cues.wants_one_of_list and length <= _MOST_RANKED:
        return TaskType.RANKING, "asks to order a list", True
    if count is not None and count > 1:
        return TaskType.RETRIEVAL, "asks for a number of list items", True
    if cues.wants_several:
        return TaskType.RETRIEVAL, "asks for any fitting list items", True
    if is_multiple_choice is None and length <= _MOST_OPTIONS:
        return TaskType.MULTIPLE_CHOICE, "asks for one of a short list", True
    if cues.wants_one_of_list or length > _MOST_OPTIONS:
        return TaskType.RETRIEVAL, "asks for one of a long list", True
    return None


def _decide_without_list(cues: Cues) -> tuple[TaskType, str, bool]:
    if cues.wants_entities:
        return TaskType.NAMED_ENTITY_RECOGNITION, "asks for entities or attribute values", True
    if cues.wants_excerpt:
        return TaskType.GENERATION, "asks for a phrase of a text", True
    if cues.wants_text:
        return TaskType.GENERATION, "asks for a text", True
    return TaskType.GENERATION, "nothing known is asked for", False


def _answer_space(task_type: TaskType, layout: Layout, cues: Cues) -> AnswerSpace:
    if task_type is TaskType.MULTIPLE_CHOICE:
        return _options(layout)
    if task_type in {TaskType.RANKING, TaskType.RETRIEVAL}:
        return _list_items(task_type, layout, cues)
    if task_type is TaskType.NAMED_ENTITY_RECOGNITION:
        return AnswerSpace(passage=find_entity_source(layout))
    return AnswerSpace(passage=find_excerpt_source(layout) if cues.wants_excerpt else None)


def _options(layout: Layout) -> AnswerSpace:
    scale = find_scale(layout.instruction)
    if scale:
        return AnswerSpace(scale, ("",) * len(scale), 1)
    if layout.listing is not None:
        return AnswerSpace(layout.listing.labels, layout.listing.texts, 1)
    return AnswerSpace(_DEFAULT_OPTIONS, ("",) * len(_DEFAULT_OPTIONS), 1)


def _list_items(task_type: TaskType, layout: Layout, cues: Cues) -> AnswerSpace:
    if layout.listing is None:
        return AnswerSpace()
    labels, texts = layout.listing.labels, layout.listing.texts
    if task_type is TaskType.RANKING:
        return AnswerSpace(labels, texts, len(labels))
    count = find_count(layout.instruction, len(labels))
    return AnswerSpace(labels, texts, 1 if count is None and cues.wants_one_of_list else count)
