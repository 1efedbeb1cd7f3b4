"""Folds, the winner, and its score on questions that it wasn't chosen on."""

import random
from dataclasses import replace

import pytest

from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.scoring import ScoringSettings, evaluate
from shopbench_plugin.scoring.aggregation import Group, GroupKind
from shopbench_plugin.sweep.choice import choose_winners, draw_folds


def make_questions(count):
    return [
        Question(
            input_field=f"Question {number}",
            is_multiple_choice=True,
            output_field=1,
            task_name=f"task{number % 4}",
            task_type="multiple-choice",
            metric="accuracy",
            track=f"track{number % 2}",
        )
        for number in range(count)
    ]


def score(questions, is_right):
    rows = [
        {name: getattr(question, name) for name in question.__dataclass_fields__}
        | {"prediction": "1" if is_right(number) else "0"}
        for number, question in enumerate(questions)
    ]
    return evaluate(rows, ScoringSettings(resamples=400))


def test_folds_share_each_task_evenly_regardless_of_the_file_s_order():
    questions = make_questions(40)
    folds = draw_folds(questions, 5, 0)
    for task in range(4):
        assert sorted(fold for fold, one in zip(folds, questions, strict=True) if one.task_name == f"task{task}") == [
            *[0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
        ]
    order = random.Random(1).sample(range(40), 40)
    assert draw_folds([questions[place] for place in order], 5, 0) == [folds[place] for place in order]
    assert draw_folds(questions, 5, 1) != folds


def test_a_candidate_that_is_better_everywhere_wins_in_every_fold_and_has_no_curse():
    questions = make_questions(40)
    evaluations = [score(questions, lambda number: number < 20), score(questions, lambda number: number < 36)]
    choices = choose_winners(evaluations, draw_folds(questions, 5, 0))
    assert [choice.group for choice in choices] == [
        Group(GroupKind.OVERALL),
        Group(GroupKind.TRACK, "track0"),
        Group(GroupKind.TRACK, "track1"),
    ]
    overall = choices[0]
    assert (overall.winner, overall.picks) == (1, (1,) * 5)
    assert (overall.in_sample.score, overall.out_of_sample.score) == (pytest.approx(0.9), pytest.approx(0.9))
    assert overall.curse.difference == 0
    assert (overall.gain.baseline, overall.gain.candidate) == (pytest.approx(0.5), pytest.approx(0.9))
    assert overall.gain.verdict == "better"


def test_the_best_of_many_that_guess_looks_better_in_sample_than_it_is():
    questions = make_questions(80)
    source = random.Random(3)
    evaluations = [score(questions, lambda _: source.random() < 0.5) for _ in range(30)]
    overall = choose_winners(evaluations, draw_folds(questions, 5, 0))[0]
    assert overall.in_sample.score == max(one.overall.score for one in evaluations) > 0.6
    assert overall.out_of_sample.score < 0.56
    assert overall.curse.difference == pytest.approx(overall.in_sample.score - overall.out_of_sample.score)
    assert overall.curse.interval.low > 0


def test_each_track_chooses_its_own_and_equal_scores_leave_the_base():
    questions = make_questions(40)
    evaluations = [
        score(questions, lambda number: number % 2 == 0),
        score(questions, lambda number: number % 2 == 1),
        score(questions, lambda number: number % 2 == 1),
    ]
    choices = choose_winners(evaluations, draw_folds(questions, 4, 0))
    assert [choice.winner for choice in choices] == [0, 0, 1]


def test_a_track_whose_one_question_is_left_out_falls_to_the_base():
    questions = [*make_questions(9)[::2], replace(make_questions(2)[1], task_name="alone", track="lonely")]
    evaluations = [score(questions, lambda _: False), score(questions, lambda _: True)]
    lonely = choose_winners(evaluations, draw_folds(questions, 2, 0))[-1]
    assert (lonely.winner, sorted(lonely.picks), lonely.out_of_sample.score) == (1, [0, 1], 0.0)
