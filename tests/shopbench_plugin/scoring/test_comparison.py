"""When a difference between two models means something."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.scoring import ScoringSettings, compare, compare_files, evaluate
from shopbench_plugin.scoring.aggregation import Group, GroupKind
from shopbench_plugin.scoring.comparison import Difference, Verdict, describe_p_value, keep_common_questions
from shopbench_plugin.scoring.export import comparison_to_json
from shopbench_plugin.scoring.records import Interval

TASK, OVERALL = Group(GroupKind.TASK, "task1"), Group(GroupKind.OVERALL)


def make_answered(prediction, text):
    question = Question(text, None, 1, "task1", TaskType.MULTIPLE_CHOICE, "accuracy")
    return Prediction(question, prediction)


def judge(evaluate_choices, baseline, candidate):
    return compare(evaluate_choices(task1=baseline), evaluate_choices(task1=candidate)).differences[TASK]


def test_four_questions_never_decide_and_have_no_interval(evaluate_choices):
    found = judge(evaluate_choices, "0000", "1111")
    assert found.difference == 1.0
    assert found.p_value == pytest.approx(2 / 16, abs=0.03)
    assert found.interval is None
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.describe()[3] == ""
    assert judge(evaluate_choices, "1", "0").interval is None


@given(st.lists(st.tuples(st.sampled_from("01x"), st.sampled_from("01x")), min_size=6, max_size=14))
@settings(max_examples=60, deadline=None)
def test_interval_and_verdict_never_disagree(pairs):
    names = ("".join(side) for side in zip(*pairs, strict=True))
    evaluations = [
        evaluate([make_answered(letter, text=str(place)) for place, letter in enumerate(name)]) for name in names
    ]
    for found in compare(*evaluations).differences.values():
        if found.interval is not None:
            excludes_zero = found.interval.low > 0 or found.interval.high < 0
            assert excludes_zero == (found.verdict is not Verdict.CANNOT_TELL) == (found.p_value <= 0.05)


def test_the_verdict_on_micro_f1_follows_its_pooled_scores(answered):
    def answer(text):
        rows = [answered(text, ["red"], text=str(n), task_type=TaskType.NAMED_ENTITY_RECOGNITION) for n in range(12)]
        return evaluate([*rows, answered("red", ["red"], text="x", task_type=TaskType.NAMED_ENTITY_RECOGNITION)])

    found = compare(answer("blue"), answer("red")).differences[TASK]
    assert found.difference == pytest.approx(1 - 1 / 13)
    assert found.verdict is Verdict.BETTER


def test_many_questions_decide_either_way(evaluate_choices):
    assert judge(evaluate_choices, "0" * 12, "1" * 12).verdict is Verdict.BETTER
    assert judge(evaluate_choices, "1" * 12, "0" * 12).verdict is Verdict.WORSE
    assert judge(evaluate_choices, "000001111111", "111110111111").verdict is Verdict.CANNOT_TELL  # 5 gained, 1 lost


def test_equal_answers_are_no_difference(evaluate_choices):
    found = judge(evaluate_choices, "10" * 20, "10" * 20)
    assert (found.difference, found.interval, found.p_value) == (0, None, 1)
    assert found.verdict is Verdict.CANNOT_TELL


def test_a_difference_is_shown_with_signs_and_never_with_a_p_of_0():
    found = Difference(0.5, 0.25, Interval(-0.4, -0.1), 0.0001, Verdict.WORSE)
    assert found.describe() == ("0.500", "0.250", "-0.250", "-0.400 to -0.100", "<0.001", "worse")


def test_pairing_finds_what_two_separate_intervals_hide(evaluate_choices):
    hard_and_easy = "0" * 40 + "1" * 40
    found = judge(evaluate_choices, hard_and_easy, "1" * 10 + hard_and_easy[10:])
    assert found.difference == 0.125
    assert found.verdict is Verdict.BETTER


def test_groups_of_several_tasks_are_compared_by_the_mean_of_their_tasks(evaluate_choices):
    first = evaluate_choices(task1="0" * 12, task2="1010")
    second = evaluate_choices(task1="1" * 12, task2="1010")
    differences = compare(first, second).differences
    assert differences[OVERALL].difference == 0.5
    assert differences[OVERALL].verdict is Verdict.BETTER
    assert set(differences) == set(first.totals.groups)


def test_other_questions_or_other_settings_are_refused(evaluate_choices):
    with pytest.raises(ShopBenchError, match="contain different questions"):
        compare(evaluate_choices(task1="11"), evaluate_choices(task1="111"))
    with pytest.raises(ShopBenchError, match="must be scored with the same settings and with resampling"):
        compare(evaluate_choices(task1="11"), evaluate_choices(resamples=0, task1="11"))


def test_parts_are_compared_on_what_they_share(answered):
    first = evaluate([answered("1", text=text) for text in ("a", "b", "b", "c")])
    second = evaluate([answered("0", text=text) for text in ("b", "c", "d")])
    kept = keep_common_questions([first, second])
    assert [[one.answered.question.input_field for one in part.answers] for part in kept] == [["b", "c"], ["b", "c"]]
    assert kept[0].notes == ["2 questions are left out because another file does not answer them"]
    assert kept[1].totals.overall.questions == 2
    with pytest.raises(ShopBenchError, match="no question in common"):
        keep_common_questions([first, evaluate([answered("1", text="z")])])


def test_files_are_compared_with_the_first_and_named_after_themselves(tmp_path):
    questions = [
        {
            "input_field": f"question {place}",
            "output_field": 1,
            "task_name": "task1",
            "task_type": "multiple-choice",
            "metric": "accuracy",
        }
        for place in range(12)
    ]
    reference = tmp_path / "reference.jsonl"
    reference.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in questions))
    paths = []
    for name, answer in (("untuned", "0"), ("tuned", "1"), ("quantized", "1")):
        paths.append(tmp_path / f"{name}.jsonl")
        rows = [{"input_field": row["input_field"], "prediction": answer} for row in questions]
        paths[-1].write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    evaluations, comparisons = compare_files(paths, reference, ScoringSettings(resamples=500))
    assert list(evaluations) == ["untuned", "tuned", "quantized"]
    assert [(one.baseline, one.candidate) for one in comparisons] == [("untuned", "tuned"), ("untuned", "quantized")]
    content = orjson.loads(orjson.dumps(comparison_to_json(evaluations, comparisons)))
    assert content["comparisons"][0]["overall"]["verdict"] == "better"
    assert content["runs"]["tuned"]["overall"] == 1.0
    with pytest.raises(ShopBenchError, match="two or more different predictions files"):
        compare_files(paths[:1], reference)


def test_p_is_never_shown_as_0():
    assert [describe_p_value(p) for p in (0.0005, 0.001, 0.25)] == ["<0.001", "0.001", "0.250"]
