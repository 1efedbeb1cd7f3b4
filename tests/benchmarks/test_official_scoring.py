"""The evaluator as the benchmark writes it out, and the project's own scoring: the same score for any answer."""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.scoring import score_answer

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "official_scoring.py"
SPEC = importlib.util.spec_from_file_location("official_scoring", SCRIPT)
OFFICIAL = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(OFFICIAL)

WORDS = ("red", "Red Shoe", "blue\n", " size 9", "gr\u00f6\u00dfe", "\u00a0x", "")
REFERENCES = {
    "accuracy": (TaskType.MULTIPLE_CHOICE, st.integers(0, 9)),
    "ndcg": (TaskType.RANKING, st.lists(st.sampled_from([1, 0.1, 0.01, 0]), min_size=1, max_size=6)),
    "hit rate@3": (TaskType.RETRIEVAL, st.lists(st.integers(0, 9), min_size=1, max_size=4)),
    "micro f1": (TaskType.NAMED_ENTITY_RECOGNITION, st.lists(st.sampled_from(WORDS), max_size=4)),
}
ANSWERS = st.one_of(
    st.text(),
    st.text(alphabet="0123456789, \n\t-\u00bd\u00b2\u4e94\u0663"),
    st.lists(st.integers(0, 9), max_size=6).map(lambda numbers: ",".join(map(str, numbers))),
    st.lists(st.sampled_from(WORDS), max_size=5).map(repr),
    st.lists(st.sampled_from(WORDS), max_size=5).map(", ".join),
)


@pytest.mark.parametrize("metric", REFERENCES)
@given(answer=ANSWERS, data=st.data())
def test_both_give_any_answer_the_same_score(metric, answer, data):
    task_type, references = REFERENCES[metric]
    reference = data.draw(references)
    question = Question("?", output_field=reference, task_name="task1", task_type=task_type, metric=metric)
    expected = OFFICIAL.score_officially(metric, answer, reference)
    assert score_answer(question, answer) == pytest.approx(expected, abs=1e-9)
