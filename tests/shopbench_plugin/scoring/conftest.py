"""Small questions with answers, made in one line each."""

import pytest

from shopbench_plugin.core.prediction import read_prediction
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.scoring.evaluation import evaluate
from shopbench_plugin.scoring.records import ScoringSettings

METRICS = {
    TaskType.MULTIPLE_CHOICE: "accuracy",
    TaskType.RANKING: "ndcg",
    TaskType.RETRIEVAL: "hit rate@3",
    TaskType.NAMED_ENTITY_RECOGNITION: "micro f1",
    TaskType.GENERATION: "rougel",
}


def make_answered(  # noqa: PLR0913, PLR0917  one argument for each field that some test sets
    prediction,
    reference=1,
    text="Which one?",
    task="task1",
    task_type=TaskType.MULTIPLE_CHOICE,
    track="track-a",
    metric=None,
    raw=None,
    **details,
):
    question = Question(
        input_field=text,
        is_multiple_choice=task_type is TaskType.MULTIPLE_CHOICE,
        output_field=reference,
        task_name=task,
        task_type=task_type,
        metric=metric or METRICS[task_type],
        track=track,
    )
    return read_prediction({"prediction": prediction, "raw": raw, **details}, question)


@pytest.fixture
def answered():
    """Make an answered question: by default a multiple choice of task1 in track-a with reference 1."""
    return make_answered


@pytest.fixture
def evaluate_choices():
    """Evaluate a task for each keyword, where 1 is a right answer, 0 a wrong one and x an unreadable one."""

    def make(resamples=2_000, track="track-a", **tasks):
        rows = [
            make_answered(letter, text=f"{task}: question {place}", task=task, track=track)
            for task, letters in tasks.items()
            for place, letter in enumerate(letters)
        ]
        return evaluate(rows, ScoringSettings(resamples=resamples))

    return make
