"""Chooses the demonstrations of each task type from a development set by a preset."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, zip_longest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question, Routed, TaskType
from shopbench_plugin.demonstrations.answers import write_answer
from shopbench_plugin.demonstrations.preset_files import Pick, Preset, Rule
from shopbench_plugin.routing import route_question


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A question of the development set with the answer as the model should write it, and its language code."""

    question: Question
    answer: str
    language: str = "en"


def demonstrate(question: Question) -> Demonstration:
    """Return a question of a development set as a demonstration."""
    return Demonstration(question, write_answer(question), route_question(question).language)


@dataclass(frozen=True, slots=True)
class DemonstrationSet:
    """The demonstrations of every task type, in the order in which they are shown."""

    by_type: Mapping[TaskType, tuple[Demonstration, ...]]

    def for_question(self, routed: Routed) -> tuple[Demonstration, ...]:
        """Return the demonstrations before this question: the same for its whole type, so that the tokens are shared.

        Only a question that is itself a demonstration has fewer: its own is left out, the rest stays in order.
        """
        return leave_out_own(routed.question, self.by_type.get(routed.task_type, ()))


NO_DEMONSTRATIONS = DemonstrationSet({})


def choose_demonstrations(preset: Preset, development_set: Sequence[Question]) -> DemonstrationSet:
    """Return the demonstrations that `preset` chooses from the questions of a development set.

    The same preset and set yield the same demonstrations. A type without questions in the set has none.

    Raises:
        ShopBenchError: the preset names tasks or questions that the set doesn't have (all of them in one message),
            or no question of the set matches any of its rules.
    """
    chosen: dict[TaskType, tuple[Demonstration, ...]] = {}
    problems: list[str] = []
    for task_type, rule in preset.rules.items():
        of_type = list_shown(development_set, task_type)
        missing = [_describe_missing(pick, task_type, of_type) for pick in rule.picks if not _find(pick, of_type)]
        problems += missing
        if not missing:
            taken = [take_one(group, rule) for group in form_groups(rule, of_type)]
            chosen[task_type] = tuple(demonstrate(question) for question in taken)
    if problems:
        raise ShopBenchError(f"preset {preset.name}: {'; '.join(problems)}; fix the preset or pass its development set")
    if preset.rules and not any(chosen.values()):
        raise ShopBenchError(f"preset {preset.name}: the development set has no question that fits; try another preset")
    return DemonstrationSet(chosen)


def leave_out_own(question: Question, demonstrations: Iterable[Demonstration]) -> tuple[Demonstration, ...]:
    """Return the demonstrations of other questions; differences in white space don't count."""
    own = _normalize(question.input_field)
    return tuple(one for one in demonstrations if _normalize(one.question.input_field) != own)


def list_shown(development_set: Iterable[Question], task_type: TaskType) -> list[Question]:
    """Return the possible demonstrations of a type, which the numbers of picks count."""
    return [one for one in development_set if one.task_type == task_type and one.input_field.strip()]


def form_groups(rule: Rule, of_type: Sequence[Question]) -> list[list[Question]]:
    """Return the candidates for each demonstration of `rule`, in the demonstrations' order."""
    if rule.picks:
        return [[question] for pick in rule.picks if (question := _find(pick, of_type))]
    if rule.one_per == "none":
        return []
    counted = [one for one in of_type if not rule.tracks or one.track is None or one.track in rule.tracks]
    groups = [counted] if rule.one_per == "type" else list(_group_by_task(counted).values())
    if rule.mix_tracks:
        groups = _deal_tracks(groups)
    return [group for group in groups if group]


def take_one(group: Sequence[Question], rule: Rule) -> Question:
    """Return the candidate that `rule` prefers."""
    by_length = sorted(group, key=lambda one: len(one.input_field))
    return by_length[0 if rule.which == "shortest" else (len(by_length) - 1) // 2]


def make_pick(question: Question, of_type: Sequence[Question]) -> Pick:
    """Return the pick that identifies `question`, one of those that `list_shown` returned."""
    of_task = _group_by_task(of_type)[question.task_name or ""]
    return Pick(question.task_name or "", 1 + next(place for place, one in enumerate(of_task) if one is question))


def _deal_tracks(groups: Iterable[list[Question]]) -> list[list[Question]]:
    by_track: defaultdict[str | None, list[list[Question]]] = defaultdict(list)
    for group in groups:
        by_track[group[0].track].append(group)
    rounds = zip_longest(*by_track.values())
    return [group for group in chain.from_iterable(rounds) if group]


def _find(pick: Pick, of_type: Sequence[Question]) -> Question | None:
    of_task = _group_by_task(of_type).get(pick.task, [])
    return of_task[pick.number - 1] if pick.number <= len(of_task) else None


def _describe_missing(pick: Pick, task_type: TaskType, of_type: Sequence[Question]) -> str:
    tasks = _group_by_task(of_type)
    if pick.task in tasks:
        return f"{pick.task} has {len(tasks[pick.task])} {task_type} questions, so there is no number {pick.number}"
    close = get_close_matches(pick.task, tasks, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"it has {', '.join(tasks) or 'none of that type'}"
    return f"the development set has no {task_type} task '{pick.task}', {hint}"


def _group_by_task(questions: Iterable[Question]) -> dict[str, list[Question]]:
    groups: defaultdict[str, list[Question]] = defaultdict(list)
    for question in questions:
        groups[question.task_name or ""].append(question)
    return dict(groups)


def _normalize(text: str) -> str:
    return " ".join(text.split())
