"""From layout, cues and numbers to a task type: the first matching rule decides."""

from functools import cached_property
from typing import Final

from shopbench_plugin.core.layout import Layout, Listing
from shopbench_plugin.core.vocabulary import RANKED_READ, AnswerSpace, Question, Routed, TaskType
from shopbench_plugin.language.detection import detect_language
from shopbench_plugin.routing.codes import Codes
from shopbench_plugin.routing.cues import names_kind, read_cues
from shopbench_plugin.routing.layout import read_layout
from shopbench_plugin.routing.listings import find_unlabelled
from shopbench_plugin.routing.numbers_asked import find_count
from shopbench_plugin.routing.passages import (
    EXCERPT_SOURCES,
    QUERY_AND_TITLE,
    find_entity_source,
    find_excerpt_source,
    is_kind,
    is_line,
    is_searched,
    is_text,
)
from shopbench_plugin.routing.scales import find_scale
from shopbench_plugin.routing.unfolding import unfold

_MOST_OPTIONS: Final = 10
"""The evaluator reads one character of a multiple-choice answer, so there can't be more options than digits."""


class _Evidence:
    """Everything that the rules look at; expensive parts are computed when a rule first needs them.

    Attributes:
        is_multiple_choice: what the question's row says.
        layout: the question's parts.
        cues: what its instruction asks for.
    """

    def __init__(self, question: Question, layout: Layout, language: str) -> None:
        """Store the question, its layout and its language."""
        self.is_multiple_choice = question.is_multiple_choice
        self.layout = layout
        self.cues = read_cues(layout.instruction)
        self._question = question
        self._language = language

    @cached_property
    def listing(self) -> Listing | Codes | None:
        """The list that the question is about; None if a list is only part of a reviewer's text."""
        if self.layout.listing and not self._is_own_numbering():
            return self.layout.listing
        labels, texts = self.scale
        is_list = len(labels) > 2 and labels[0].isdigit() and any(texts)  # noqa: PLR2004  longer than yes and no
        if is_list and (self.cues.several or self._asks_by_number()):
            return self.scale
        is_unlabelled = self.is_multiple_choice and not self.scale.labels
        return find_unlabelled(unfold(self._question.input_field)) if is_unlabelled else None

    @cached_property
    def scale(self) -> Codes:
        """The labels of the scale that the question rates on, and what they mean."""
        is_told = bool(self.is_multiple_choice) and self.layout.listing is None
        scale = find_scale(self.layout.instruction, is_told=is_told)
        return scale if scale.labels or not is_told else find_scale(self._question.input_field, is_told=True)

    @cached_property
    def count(self) -> int | None:
        """How many items of the list are asked for."""
        if self.listing is None:
            return None
        return find_count(self.layout.instruction, len(self.listing.labels), self._language)

    def _is_own_numbering(self) -> bool:
        """Return whether the list belongs to the text before it rather than to the question.

        A scale in the instruction wins over a list within a field, or one that nothing asks to choose from,
        unless that lists the scale's values. A text to write may be comma-separated, too ("three keywords,
        comma-separated"), so that cue indicates a list only if nothing is to be written.
        """
        layout, cues = self.layout, self.cues
        labels, scale = layout.listing.labels if layout.listing else (), self.scale.labels
        if len(scale) > 2 and (layout.is_listing_in_field or (labels[:1] == ("1",) and not self.asks_of_list())):  # noqa: PLR2004  longer than yes and no
            return labels != scale
        is_binary = len(scale) == 2 and (scale != ("1", "2") or len(labels) == 2)  # noqa: PLR2004  not "Query 1: ..."
        if is_binary and set(labels).isdisjoint(scale):  # "answer 1 if they match, 0 otherwise"
            return True
        if self.is_multiple_choice or not layout.is_listing_in_field:
            return False
        if layout.is_listing_after_phrase and not cues.composition:
            return False
        asks_to_choose = (cues.choice or cues.finding) and not cues.composition
        if asks_to_choose and find_count(layout.instruction, len(labels), self._language):
            return False
        return not (self._asks_by_number() or cues.listing or (cues.several and not cues.composition))

    def asks_of_list(self) -> bool:
        """Return whether a list is mentioned, or something to do with one."""
        cues = self.cues
        return cues.listing or cues.choice or self._asks_by_number()

    def _asks_by_number(self) -> bool:
        return self.cues.order or self.cues.indices or self.cues.index

    def asks_for_entities(self) -> bool:
        """Return whether something is to be found in a query or a title, although it is not called an entity."""
        layout, cues = self.layout, self.cues
        names = {field.name for field in layout.fields}
        is_kind_quoted = cues.finding and any(names_kind(one.content) for one in layout.quotes if not is_text(one))
        is_in_query = cues.sources or any(map(is_searched, layout.quotes)) or not names.isdisjoint(QUERY_AND_TITLE)
        is_in_line = any(map(is_line, layout.fields)) and not cues.excerpt
        is_in_text = (cues.extraction and (cues.several or is_in_line)) or (
            cues.several and not names.isdisjoint(EXCERPT_SOURCES)
        )
        is_kind_told = cues.is_empty and any(map(is_kind, layout.fields))
        return (cues.kinds or is_kind_quoted or is_kind_told) and not cues.composition and (is_in_query or is_in_text)


_Decision = tuple[TaskType, str]


def route(text: str, is_multiple_choice: bool | None = None, task_type: TaskType | None = None) -> Routed:
    """Determine a question's task type and answer space from its wording.

    Args:
        text: the question, any string.
        is_multiple_choice: what the competition's row says, which is trusted; None if unknown.
        task_type: overrides the decision; the answer space is still read from the text.
    """
    return route_question(Question(text, is_multiple_choice), task_type)


def route_question(question: Question, task_type: TaskType | None = None) -> Routed:
    """Route a whole row; `task_type`, or else the row's `route_as`, overrides the rules.

    The row's own `task_type` is a reference for comparison and is ignored here. If no rule decides, it is a
    generation: the evaluator accepts any text for one.
    """
    layout = read_layout(question.input_field, is_told=bool(question.is_multiple_choice))
    language = detect_language(layout.instruction)
    evidence = _Evidence(question, layout, language)
    given = task_type or question.route_as
    decision = (given, "given with the question") if given else _decide(evidence)
    decided, rule = decision or (TaskType.GENERATION, "nothing known is asked for")
    space = _answer_space(decided, evidence)
    rule = rule if space else f"{rule}, options not found"
    is_sure = decision is not None and space is not None
    return Routed(question, decided, space or _GUESSED[decided], rule, is_sure, layout, language)


def _decide(evidence: _Evidence) -> _Decision | None:
    if evidence.is_multiple_choice:
        return TaskType.MULTIPLE_CHOICE, "told to be multiple choice"
    decision = _decide_with_list(evidence, len(evidence.listing.labels)) if evidence.listing else None
    if decision is None and evidence.scale.labels and evidence.is_multiple_choice is None:
        return TaskType.MULTIPLE_CHOICE, "asks for a rating on a scale"
    return decision or _decide_without_list(evidence)


def _decide_with_list(evidence: _Evidence, length: int) -> _Decision | None:
    cues = evidence.cues
    asks_for_some = evidence.count is not None and evidence.count > 1
    asks_for_one = cues.one_of_list or cues.one_index
    # A list longer than the evaluator reads, with a number of items asked for, is a retrieval.
    is_ranking = cues.order and not cues.one_of_list and (length <= RANKED_READ or not asks_for_some)
    may_be_options = evidence.is_multiple_choice is None and length <= _MOST_OPTIONS
    is_choice = (cues.choice and cues.listing) or length > _MOST_OPTIONS
    is_extraction = cues.extraction and cues.kinds and not (evidence.asks_of_list() or cues.one_index)
    return _first(
        (is_ranking, TaskType.RANKING, "asks to order a list"),
        (is_extraction, TaskType.NAMED_ENTITY_RECOGNITION, "asks for words of numbered lines"),
        (asks_for_some, TaskType.RETRIEVAL, "asks for a number of list items"),
        (cues.indices or cues.several, TaskType.RETRIEVAL, "asks for any fitting list items"),
        (
            may_be_options and (not cues.composition or (cues.listing and cues.choice)),
            TaskType.MULTIPLE_CHOICE,
            "asks for one of a few",
        ),
        (cues.index, TaskType.RETRIEVAL, "asks for list items by number"),
        (asks_for_one, TaskType.RETRIEVAL, "asks for one list item"),
        (is_choice and not cues.composition, TaskType.RETRIEVAL, "asks to choose from a list"),
    )


def _decide_without_list(evidence: _Evidence) -> _Decision | None:
    cues = evidence.cues
    return _first(
        (cues.entities, TaskType.NAMED_ENTITY_RECOGNITION, "asks for entities or attribute values"),
        (evidence.asks_for_entities(), TaskType.NAMED_ENTITY_RECOGNITION, "asks for words of a query or title"),
        (cues.excerpt, TaskType.GENERATION, "asks for a phrase of a text"),
        (cues.composition, TaskType.GENERATION, "asks to write a text"),
        (cues.anything, TaskType.GENERATION, "asks an open question"),
    )


def _first(*rules: tuple[bool, TaskType, str]) -> _Decision | None:
    return next(((task_type, rule) for holds, task_type, rule in rules if holds), None)


def _answer_space(task_type: TaskType, evidence: _Evidence) -> AnswerSpace | None:
    """Return the valid answers; None if labels are required and the question shows none."""
    match task_type:
        case TaskType.MULTIPLE_CHOICE:
            return _options(evidence)
        case TaskType.RANKING | TaskType.RETRIEVAL:
            return _list_items(task_type, evidence)
        case TaskType.NAMED_ENTITY_RECOGNITION:
            return AnswerSpace(passage=find_entity_source(evidence.layout))
        case TaskType.GENERATION:
            return AnswerSpace(passage=find_excerpt_source(evidence.layout) if evidence.cues.excerpt else None)


def _options(evidence: _Evidence) -> AnswerSpace | None:
    if evidence.listing:
        return AnswerSpace(evidence.listing.labels, evidence.listing.texts, 1)
    return AnswerSpace(*evidence.scale, 1) if evidence.scale.labels else None


def _list_items(task_type: TaskType, evidence: _Evidence) -> AnswerSpace | None:
    listing = evidence.layout.listing or evidence.listing
    if listing is None:
        return None
    labels, texts = listing.labels, listing.texts
    if task_type is TaskType.RANKING:
        return AnswerSpace(labels, texts, len(labels))
    cues = evidence.cues
    is_one = (cues.one_of_list or cues.one_index) and not (cues.indices or cues.several)
    return AnswerSpace(labels, texts, evidence.count or (1 if is_one else None))


def _without_texts(labels: tuple[str, ...], count: int | None) -> AnswerSpace:
    return AnswerSpace(labels, ("",) * len(labels), count)


# What is usual, for questions that show no labels: four options from 0, five products to rank, up to 15 items.
_GUESSED: Final = {
    TaskType.MULTIPLE_CHOICE: _without_texts(("0", "1", "2", "3"), 1),
    TaskType.RANKING: _without_texts(("1", "2", "3", "4", "5"), 5),
    TaskType.RETRIEVAL: _without_texts(tuple(str(number) for number in range(1, 16)), None),
}
