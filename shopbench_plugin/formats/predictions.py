r"""Prediction files of this project, LlamaFactory and Shopping MMLU's scripts, one JSON row per question.

    {"input_field": "Which ...", "prediction": "1", "raw": "1. pan", ...}            shopbench predict
    {"prompt": "<|im_start|>system ...", "predict": "1", "label": "1"}               llamafactory-cli train, do_predict
    {"model_output": "1"}                                                            hf_skill_inference.py

The latter two are matched by position: the first row answers the first question, and so on. LlamaFactory's rows have
the prompt, so that a row that answers a different question is detected.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.prediction import Prediction, read_prediction
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.formats.files import Row, find_files, read_rows

_REMEDY = "write predictions with: shopbench predict"


def read_predictions(path: Path, questions: Sequence[Question | None] = ()) -> dict[int, Prediction]:
    """Return the predictions of a file by line number, from 1.

    Args:
        path: a file, or a folder of files whose names are in the order of the questions.
        questions: the questions in order, for rows that are matched by position; None for one that can't be used.

    Raises:
        ShopBenchError: the file can't be read or has no row, or a row doesn't say which question it answers.
    """
    predictions = {}
    for number, (place, row) in enumerate(_read_rows(path), start=1):
        restate = next((restate for field, restate in _FORMS.items() if field in row), None)
        if restate is None or (restate is not _keep and not questions):
            raise ShopBenchError(f"{place}: no 'input_field'; {_REMEDY}")
        question = questions[number - 1] if number <= len(questions) else None
        restated = restate(row, question)
        text = restated.get("input_field")
        if not isinstance(text, str):
            raise ShopBenchError(f"{place}: no 'input_field'; {_REMEDY}")
        if restate is _keep or number > len(questions) or question is not None:
            predictions[number] = read_prediction(restated, Question(text))
    if not predictions:
        raise ShopBenchError(f"{path}: contains no prediction; {_REMEDY}")
    return predictions


def _read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    for file in find_files(path):
        for number, row in read_rows(file):
            if isinstance(row, ShopBenchError):
                raise row
            yield f"{file.place}:{number}", row


def _keep(row: Row, _: Question | None) -> Row:
    return row


def _read_model_output(row: Row, question: Question | None) -> Row:
    # Rows beyond the last question are foreign.
    return {"input_field": question.input_field if question else "", "prediction": row["model_output"]}


def _read_llamafactory(row: Row, question: Question | None) -> Row:
    prompt = str(row.get("prompt"))
    is_answered = question is not None and _shows(prompt, question.input_field)
    text = question.input_field if question and is_answered else prompt
    return {"input_field": text, "prediction": row["predict"]}


def _shows(prompt: str, text: str) -> bool:
    """Return whether a prompt contains a question, or the part of it that LlamaFactory's `cutoff_len` kept."""
    prompt, text = " ".join(prompt.split()), " ".join(text.split())
    start = prompt.find(text[:_TOLD_BY])
    return start >= 0 and (text in prompt or text.startswith(prompt[start:]))


_TOLD_BY = 40
"""Characters by which the start of a question is found in a prompt."""

_FORMS: dict[str, Callable[[Row, Question | None], Row]] = {
    "input_field": _keep,
    "model_output": _read_model_output,
    "predict": _read_llamafactory,
}
"""Converts a row to this project's form, by the field that identifies its form."""
