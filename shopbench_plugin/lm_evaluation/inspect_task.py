"""ShopBench as a task of inspect_ai, which finds it by the entry point `inspect_ai`.

    inspect eval shopbench_plugin/shopbench -T input=data.zip --model hf/local -M model_path=DIR -M do_sample=false

In an editable installation, name the task by its file: shopbench_plugin/lm_evaluation/inspect_task.py@shopbench.
`-T` sets the parameters of `shopbench` below. The scores are those of `shopbench predict` with `constraints: false` and
`shopbench evaluate`, as long as every prompt fits into the model's context.
"""

import os
from dataclasses import asdict
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import Score, metric, scorer
from inspect_ai.solver import solver

from shopbench_plugin.core.evaluators import DEFAULT_EVALUATOR
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.demonstrations.choice import DemonstrationSet
from shopbench_plugin.lm_evaluation.steps import (
    build_dialogue,
    count_tokens,
    make_row,
    read_demonstrations,
    read_track,
    score_rows,
    to_number,
)

_ROLES = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
_QUESTION, _ROW = "question", "row"


@task  # type: ignore[untyped-decorator]
def shopbench(
    input: str | None = None,  # noqa: A002  the commands' name for it
    track: str | None = None,
    preset: str = "zero-shot",
    development_set: str | None = None,
    evaluator: str = DEFAULT_EVALUATOR,
) -> Any:
    """Return the task of one track, or of all questions.

    Args:
        input: a question set of any format with references; SHOPBENCH_INPUT by default.
        track: name as in the questions; None for all.
        preset: the demonstrations: a preset's name or a YAML file.
        development_set: the file with the demonstrations; SHOPBENCH_DEVELOPMENT_SET by default.
        evaluator: name of the evaluator.

    Raises:
        ShopBenchError: a file is missing or can't be read.
    """
    questions = read_track(input or os.environ.get("SHOPBENCH_INPUT"), track)
    path = development_set or os.environ.get("SHOPBENCH_DEVELOPMENT_SET")
    demonstrations = read_demonstrations(preset, path)
    samples = [_make_sample(question, demonstrations) for question in questions]
    return Task(
        dataset=MemoryDataset(samples),
        solver=answer_briefly(),
        scorer=shopbench_score(evaluator),
        metrics=[all_around(evaluator)],
    )


def _make_sample(question: Question, demonstrations: DemonstrationSet) -> Any:
    turns = [_ROLES[turn.role](content=turn.content) for turn in build_dialogue(question, demonstrations)]
    return Sample(input=turns, target=str(question.output_field), metadata={_QUESTION: asdict(question)})


@solver  # type: ignore[untyped-decorator]
def answer_briefly() -> Any:
    """Return the solver that limits the model to the tokens that a question's answers need."""

    async def solve(state: Any, generate: Any) -> Any:
        return await generate(state, max_tokens=count_tokens(Question(**state.metadata[_QUESTION])))

    return solve


@metric  # type: ignore[untyped-decorator]
def all_around(evaluator: str = DEFAULT_EVALUATOR) -> Any:
    """Return the metric of all answers: the score all around and those of the tracks, micro F1 pooled over its task."""

    def score_all(scores: list[Any]) -> dict[str, float]:
        found = score_rows([one.score.metadata[_ROW] for one in scores], evaluator)
        groups = {"all around": found.overall, **found.tracks}
        return {name: to_number(group.score) for name, group in groups.items()}

    return score_all


@scorer(metrics=[all_around()])  # type: ignore[untyped-decorator]
def shopbench_score(evaluator: str = DEFAULT_EVALUATOR) -> Any:
    """Return the scorer of one answer, which stores its row for `all_around`."""

    async def score(state: Any, _: Any) -> Any:
        row = make_row(Question(**state.metadata[_QUESTION]), state.output.completion)
        answer = score_rows([row], evaluator).answers[0]
        value = to_number(answer.score)
        return Score(value=value, answer=row["prediction"], metadata={_ROW: row}, reason=answer.reason)

    return score
