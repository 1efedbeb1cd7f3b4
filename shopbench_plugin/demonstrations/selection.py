"""Selects demonstrations by how much they improve the answers to the other questions of the development set."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from statistics import fmean

from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.demonstrations.choice import (
    DemonstrationSet,
    demonstrate,
    form_groups,
    leave_out_own,
    list_shown,
    make_pick,
    take_one,
)
from shopbench_plugin.demonstrations.preset_files import Pick, Preset, Rule

Measure = Callable[[Sequence[Question], DemonstrationSet], Sequence[float | None]]
"""Answers each question with the set's demonstrations, and scores the answers from 0 to 1; None for no score."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of one candidate.

    Attributes:
        task_type: the type that it would be a demonstration for.
        place: the demonstration's position, from 1.
        candidate: its question, as a pick from the development set.
        questions: how many were answered and scored: those of its type except its own.
        mean: their mean score.
        gain: mean over the questions of score minus average score over all candidates of this place. It decides,
            since the mean alone favours a candidate whose own, excluded question is a hard one.
        is_chosen: whether it was chosen.
    """

    task_type: TaskType
    place: int
    candidate: Pick
    questions: int
    mean: float
    gain: float
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """The preset's rules with picks of the chosen demonstrations, and every trial in the order they were made."""

    rules: dict[TaskType, Rule]
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """One demonstration to choose: its candidates, and the questions to compare them on."""

    task_type: TaskType
    number: int
    candidates: list[Question]
    asked: list[Question]


def select_demonstrations(
    preset: Preset,
    development_set: Sequence[Question],
    measure: Measure,
    *,
    most_candidates: int | None = None,
    seed: int = 0,
) -> Selection:
    """Choose the demonstrations of every type by offline validation on the development set.

    Type by type and place by place, each candidate is combined with the demonstrations chosen so far (and the preset's
    own for the remaining places) before every other question of its type. The one with the highest gain is chosen; ties
    go to the shorter, then the earlier one.

    Args:
        preset: defines the places and the candidates of each. If it has picks, these stay.
        development_set: the candidates, and the questions they are compared on.
        measure: answers and scores; called once per candidate, always in the same order.
        most_candidates: try at most this many per place, drawn at random; None tries all.
        seed: random seed of the drawing.
    """
    trials: list[Trial] = []
    rules: dict[TaskType, Rule] = {}
    for task_type, rule in preset.rules.items():
        of_type = list_shown(development_set, task_type)
        groups = form_groups(rule, of_type)
        chosen = [take_one(group, rule) for group in groups]
        asked = [question for group in groups for question in group]
        for index, group in enumerate(groups):
            candidates = _draw(group, most_candidates, f"{seed} {task_type} {index}")
            if len(candidates) > 1:
                place = _Place(task_type, index + 1, candidates, asked)
                picks = [make_pick(one, of_type) for one in candidates]
                tried = _compare(place, picks, list(_try_all(place, chosen, measure)))
                best = _find_best(tried, candidates)
                chosen[index] = candidates[best]
                trials += [replace(trial, is_chosen=number == best) for number, trial in enumerate(tried)]
        if chosen:
            chosen_picks = tuple(make_pick(question, of_type) for question in chosen)
            rules[task_type] = Rule(picks=chosen_picks, prompt=rule.prompt, max_tokens=rule.max_tokens)
        elif rule.prompt != "chat":
            rules[task_type] = rule
    return Selection(rules, tuple(trials))


def count_trials(preset: Preset, development_set: Sequence[Question], most_candidates: int | None) -> int:
    """Return how often `select_demonstrations` will call its `measure`."""
    sizes = [
        min(len(group), most_candidates or len(group))
        for task_type, rule in preset.rules.items()
        for group in form_groups(rule, list_shown(development_set, task_type))
    ]
    return sum(size for size in sizes if size > 1)


def _draw(group: list[Question], most: int | None, seed: str) -> list[Question]:
    if most is None or len(group) <= most:
        return group
    drawn = Random(seed).sample(range(len(group)), most)  # noqa: S311  not for security
    return [group[index] for index in sorted(drawn)]


def _try_all(place: _Place, chosen: Sequence[Question], measure: Measure) -> Iterator[dict[int, float]]:
    """Yield for each candidate the scores by index of the question, without its own."""
    for candidate in place.candidates:
        tried = demonstrate(candidate)
        others = [index for index, one in enumerate(place.asked) if leave_out_own(one, [tried])]
        before, after = chosen[: place.number - 1], chosen[place.number :]
        shown = (*map(demonstrate, before), tried, *map(demonstrate, after))
        scores = measure([place.asked[index] for index in others], DemonstrationSet({place.task_type: shown}))
        yield {index: score for index, score in zip(others, scores, strict=True) if score is not None}


def _compare(place: _Place, picks: Sequence[Pick], scores: Sequence[dict[int, float]]) -> list[Trial]:
    averages = {
        index: fmean(one[index] for one in scores if index in one)
        for index in set().union(*(one.keys() for one in scores))
    }
    return [
        Trial(
            task_type=place.task_type,
            place=place.number,
            candidate=pick,
            questions=len(one),
            mean=fmean(one.values()) if one else 0.0,
            gain=fmean(score - averages[index] for index, score in one.items()) if one else 0.0,
        )
        for pick, one in zip(picks, scores, strict=True)
    ]


def _find_best(trials: Sequence[Trial], candidates: Sequence[Question]) -> int:
    # Rounding, so that the order of summation doesn't decide between ties.
    return max(
        range(len(trials)),
        key=lambda number: (round(trials[number].gain, 9), -len(candidates[number].input_field), -number),
    )
