"""The report's browsable list: every question with its prompt, answers, reference and scores, as plain data.

Nothing here is markup: the page shows each text as plain text. Prompts share system message and demonstrations, so
each distinct text is stored once.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.scoring.losses import find_cause
from shopbench_plugin.scoring.records import ScoredAnswer
from shopbench_plugin.scoring.report.runs import Run
from shopbench_plugin.scoring.report.wording import TaskWording

_DETAIL_NAMES = {"task_type": "routed as", "finish_reason": "finish reason"}


def list_answers(runs: Sequence[Run], wording: Mapping[str, TaskWording]) -> dict[str, Any]:
    """Return `runs` (names), `texts` and `questions`, whose texts are indices into `texts`.

    The runs have the same questions in the same order; `wording` has each task's previews, also in that order.
    """
    previews = {name: iter(one.previews) for name, one in wording.items()}
    texts: dict[str, int] = {}

    def store(text: str) -> int:
        return texts.setdefault(text, len(texts))

    questions = []
    for place, first in enumerate(runs[0].evaluation.answers):
        question = first.answered.question
        questions.append(
            {
                "task": question.task_name,
                "type": question.task_type,
                "track": question.track,
                "metric": question.metric,
                "text": store(question.input_field),
                "preview": next(previews[str(question.task_name)]),
                "reference": store(_show(question.output_field)),
                "answers": [_describe(run.evaluation.answers[place], store) for run in runs],
            }
        )
    return {"runs": [run.name for run in runs], "texts": list(texts), "questions": questions}


def _describe(answer: ScoredAnswer, store: Callable[[str], int]) -> dict[str, Any]:
    answered = answer.answered
    cause = find_cause(answer)
    return {
        "score": answer.score,
        "cause": cause.value if cause else "not scored" if answer.score is None else "",
        "raw": None if answered.raw is None else store(answered.raw),
        "prediction": store(answered.prediction),
        "parsed": store(_show(answer.parsed)),
        "messages": [[_show(turn.role), store(_show(turn.content))] for turn in answered.messages],
        "details": [
            [_DETAIL_NAMES.get(name, name), store(_show(value))] for name, value in _list_details(answered).items()
        ],
    }


def _list_details(answered: Prediction) -> dict[str, Any]:
    """Return what a row says about its answer besides the texts."""
    nothing_told = Prediction(answered.question, answered.prediction, answered.raw).to_row()
    row = replace(answered, messages=()).to_row()
    return {name: value for name, value in row.items() if value != nothing_told.get(name)} | dict(answered.others)


def _show(value: object) -> str:
    """Return a text unchanged, and anything else as JSON; the standard library's, for numbers beyond 64 bits."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
