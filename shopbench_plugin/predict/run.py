"""From a file of questions to a file of predictions: resumable, in input order, written atomically."""

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson

from shopbench_plugin.core.errors import ShopBenchError, make_printable
from shopbench_plugin.core.prediction import Prediction, read_prediction
from shopbench_plugin.core.progress import track
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.demonstrations.preset_files import read_preset
from shopbench_plugin.engines.interface import Engine
from shopbench_plugin.formats.files import feed_digest
from shopbench_plugin.formats.questions import read_questions
from shopbench_plugin.predict.label_calibration import calibrate_file
from shopbench_plugin.predict.predictor import Predictor
from shopbench_plugin.predict.settings import PredictSettings, find_decisive_settings
from shopbench_plugin.predict.summary import RunSummary, summarize_run
from shopbench_plugin.storage.files import RUN_NOTE, digest_file, dump_json_line, name_beside, write_atomically
from shopbench_plugin.storage.journal import Journal, open_journal, read_run
from shopbench_plugin.storage.paths import check_places, list_model_files

_log = logging.getLogger(__name__)


def predict_file(settings: PredictSettings, engine: Engine | None = None) -> RunSummary:
    """Answer every question of `settings.input` and write the rows to `settings.output` in input order.

    An interrupted run is resumed when this is called again; a finished one is not repeated.

    Args:
        settings: the run.
        engine: used instead of the engine that the settings describe.

    Raises:
        ShopBenchError: anything the user can fix.
    """
    _check_paths(settings)
    read_preset(settings.preset)
    questions = _read_questions(settings)
    if not settings.allow_repeats:
        _reject_repeats(questions, settings.input)
    run = fingerprint_run(settings)
    finished = _read_finished(settings.output, run, overwrite=settings.overwrite)
    if finished is not None:
        return finished
    started = time.monotonic()
    predictor = Predictor(settings, engine)
    with open_journal(name_beside(settings.output, "part"), run, overwrite=settings.overwrite) as journal:
        found = _read_answered(journal, questions)
        left = [index for index in range(len(questions)) if index not in found]
        try:
            answers = predictor.answer([questions[index] for index in left]) if left else iter(())
            shown = track(answers, doing=f"answering {settings.input}", total=len(left), unit="questions")
            for place, answer in shown:
                prediction = answer if settings.save_prompts else replace(answer, messages=())
                journal.add(left[place], prediction.to_row())
                found[left[place]] = prediction
        finally:
            predictor.close()
        predictions = [found[index] for index in range(len(questions))]
        if settings.label_calibration == "batch":
            predictions = calibrate_file(predictions)  # the journal keeps what doesn't depend on the other questions
        summary = summarize_run(settings, run, predictions, asked=len(left), seconds=time.monotonic() - started)
        _finish(settings.output, predictions, summary, journal)
    _warn_of_refusals(settings.output, predictions)
    return summary


def _read_questions(settings: PredictSettings) -> list[Question]:
    problems: list[str] | None = [] if settings.partial else None
    questions = read_questions(settings.input, problems)
    for problem in problems or ():
        _log.warning("left out: %s", problem)
    return questions


def fingerprint_run(settings: PredictSettings) -> str:
    """Return a hash of everything that affects the answers: settings, questions, demonstrations and model files."""
    digest = hashlib.sha256()
    digest.update(orjson.dumps(find_decisive_settings(settings), option=orjson.OPT_SORT_KEYS, default=str))
    for path in (settings.input, settings.development_set, Path(settings.preset)):
        if path is not None and (path.is_file() or path is settings.input):
            feed_digest(digest, path)
    for path in _list_model_files(settings):
        _feed_model_file(digest, path)
    return digest.hexdigest()[:16]


def _list_model_files(settings: PredictSettings) -> list[Path]:
    folders = (settings.engine.model, *settings.engine.list_adapters())
    return [path for folder in folders for path in list_model_files(Path(folder))]


def _feed_model_file(digest: Any, path: Path) -> None:
    """Feed a model's or adapter's file to a digest: its content, except for weights, which take minutes to read."""
    if path.suffix != ".safetensors":
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
        return
    state = path.stat()
    # Only the system sets the time of the last change (ctime): it differs for a file rewritten in place.
    digest.update(f"{path.name} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}".encode())


def list_read(settings: PredictSettings) -> list[Path | None]:
    """Return every file that a run reads, and the folder of its questions if they are in one."""
    preset = Path(settings.preset)
    files = [settings.input, settings.development_set, preset if preset.is_file() else None]
    return [*files, *_list_model_files(settings)]


def list_written(output: Path) -> list[Path]:
    """Return every file that a run with this output writes."""
    return [output, name_beside(output, RUN_NOTE), name_beside(output, "part")]


def _check_paths(settings: PredictSettings) -> None:
    """Check before any work that the output can be written and is not an input."""
    if settings.output.is_dir():
        raise ShopBenchError(f"{settings.output}: is a folder; name a file")
    check_places(list_read(settings), list_written(settings.output))


def _read_answered(journal: Journal, questions: Sequence[Question]) -> dict[int, Prediction]:
    """Return the journal's answers by question, except rows that a run would not write for that question."""
    found = {}
    for index, question in enumerate(questions):
        row = journal.rows.get(index, {})
        prediction = read_prediction(row, question)
        if not prediction.others and prediction.to_row() == row:
            found[index] = prediction
    return found


def _reject_repeats(questions: Sequence[Question], path: Path) -> None:
    first: dict[str, int] = {}
    repeats = [
        f"question {number} repeats question {before}"
        for number, question in enumerate(questions, start=1)
        if (before := first.setdefault(question.input_field, number)) != number
    ]
    if repeats:
        more = f" and {len(repeats) - 1} more" if len(repeats) > 1 else ""
        raise ShopBenchError(f"{path}: {repeats[0]}{more}; remove the repeats, or pass --allow-repeats to answer each")


def _warn_of_refusals(output: Path, predictions: Sequence[Prediction]) -> None:
    reasons = [one.refusal for one in predictions if one.refusal]
    if reasons:
        _log.warning(
            "%s: %d of %d questions were refused or got no text, and have a valid fallback answer (the first: %s)",
            *(make_printable(str(output)), len(reasons), len(predictions), reasons[0]),
        )


def _read_finished(output: Path, run: str, *, overwrite: bool) -> RunSummary | None:
    """Return the summary of a finished run; None if there is none yet, or it was stopped early.

    Raises:
        ShopBenchError: the output belongs to another run, or has been changed since.
    """
    if not output.is_file() or overwrite or read_run(name_beside(output, "part")) == run:
        return None
    try:
        summary = RunSummary(**orjson.loads(name_beside(output, RUN_NOTE).read_bytes()))
    except (OSError, ValueError, TypeError):
        summary = None
    if summary is None or summary.run != run:
        raise ShopBenchError(
            f"{output}: belongs to another run (other model, questions or settings); choose another --output, "
            "or pass --overwrite to replace it"
        )
    if digest_file(output) != summary.digest:
        raise ShopBenchError(
            f"{output}: was changed or cut after its run wrote it; choose another --output, "
            "or pass --overwrite to answer again"
        )
    return replace(summary, asked=0)


def _finish(output: Path, predictions: Sequence[Prediction], summary: RunSummary, journal: Journal) -> None:
    # The summary is written first: an output without it would look like another run's. The run counts as unfinished
    # until the journal is removed.
    with write_atomically(name_beside(output, RUN_NOTE)) as stream:
        stream.write(orjson.dumps(asdict(summary), option=orjson.OPT_INDENT_2, default=str))
    with write_atomically(output) as stream:
        stream.writelines(dump_json_line(one.to_row()) for one in predictions)
    journal.remove()
