"""The files that people bring: development sets, predictions, journals, YAML."""

from pathlib import Path
from typing import Any

from fuzz.rules import expect, expect_one_line, read_content, split_fields
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.settings import merge
from shopbench_plugin.core.yaml_files import read_yaml
from shopbench_plugin.demonstrations.answers import write_answer
from shopbench_plugin.demonstrations.preset_files import read_preset
from shopbench_plugin.formats.competition import parse_question
from shopbench_plugin.formats.predictions import read_predictions
from shopbench_plugin.formats.questions import find_reference_problem, read_development_set, read_questions
from shopbench_plugin.predict.settings import PredictSettings, read_settings
from shopbench_plugin.scoring.evaluation import evaluate
from shopbench_plugin.scoring.matching import match_predictions
from shopbench_plugin.scoring.records import ScoringSettings
from shopbench_plugin.storage.journal import open_journal

_RUN = "a run"
_SLOW_METRICS = {"rougel", "bleu", "jp-bleu", "sent-transformer", "multilingual-sent-transformer"}
FIELDS = (
    *("input_field", "output_field", "task_type", "metric", "prediction", "task_name", "track"),
    "is_multiple_choice",
)


def check_questions(content: bytes) -> None:
    """A file of questions is read or refused; what a development set's row holds can be shown and scored."""
    read_content(read_questions, content, "questions.jsonl")
    questions = read_content(read_development_set, content, "development.jsonl") or []
    for question in questions:
        try:
            expect(isinstance(write_answer(question), str), "a demonstration's answer is no text")
        except ShopBenchError as error:
            expect_one_line(error)


def check_question_row(content: bytes) -> None:
    """A row is read or refused, alone and with an answer to be scored; zero bytes part its fields."""
    row = dict(split_fields(content, FIELDS))
    try:
        question = parse_question(row, "row 1")
        expect(isinstance(question.input_field, str), "a question without text", question)
        if question.task_type is not None and find_reference_problem(question) is None:
            write_answer(question)
        if question.metric not in _SLOW_METRICS:
            evaluate([row], ScoringSettings(resamples=0))
    except ShopBenchError as error:
        expect_one_line(error)


def check_predictions(content: bytes) -> None:
    """A predictions file is read or refused, matched with the questions that it holds itself, and scored."""
    predictions = read_content(read_predictions, content, "predictions.jsonl")
    questions = read_content(read_development_set, content, "reference.jsonl")
    if predictions is None or questions is None:
        return
    match = match_predictions(predictions, questions)
    expect(len(match.answered) <= len(questions), "more answers than questions")
    quick = [one for one in match.answered if one.question.metric not in _SLOW_METRICS]
    if quick:
        scores = evaluate(quick, ScoringSettings(resamples=0)).answers
        expect(all(one.score is not None and 0 <= one.score <= 1 for one in scores), "a score beyond 0 and 1", scores)


def check_journal(content: bytes) -> None:
    """A journal is continued, begun anew or refused; what is refused stays as it was, byte for byte."""

    def reopen(path: Path) -> bool:
        with open_journal(path, _RUN, overwrite=False) as journal:
            expect(all(isinstance(row, dict) for row in journal.rows.values()), "a journal's row is no object")
            expect(all(type(index) is int and index >= 0 for index in journal.rows), "no index", journal.rows)
            kept = dict(journal.rows)
            journal.add(0, {"prediction": "new"})
        with open_journal(path, _RUN, overwrite=False) as journal:
            expect(journal.rows == kept | {0: {"prediction": "new"}}, "rows are lost", content)
        return True

    left: list[bytes] = []

    def reopen_and_look(path: Path) -> bool:
        try:
            return reopen(path)
        finally:
            left.append(path.read_bytes())

    if read_content(reopen_and_look, content, "predictions.jsonl.part") is None:
        expect(left == [content], "a refused journal was changed")


def check_yaml(content: bytes) -> None:
    """A preset, a predict recipe and a training recipe are read or refused with one line."""
    read_content(lambda path: read_preset(str(path)), content, "preset.yaml")
    read_content(lambda path: read_settings(merge(path), PredictSettings), content, "recipe.yaml")
    read_content(lambda path: read_yaml(path, dict[str, Any], empty={}), content, "training.yaml")
