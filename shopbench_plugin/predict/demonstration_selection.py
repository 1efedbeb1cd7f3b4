"""Demonstrations selected with a model: from settings to a new preset and the scores behind it."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import yaml
from pydantic import TypeAdapter, ValidationError

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.prediction import Prediction
from shopbench_plugin.core.progress import track
from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.demonstrations.choice import DemonstrationSet, choose_demonstrations
from shopbench_plugin.demonstrations.preset_files import Rule, read_preset
from shopbench_plugin.demonstrations.selection import Selection, Trial, count_trials, select_demonstrations
from shopbench_plugin.engines.interface import Engine
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.formats.questions import read_development_set
from shopbench_plugin.predict.predictor import Predictor, collect
from shopbench_plugin.predict.run import fingerprint_run, list_read
from shopbench_plugin.predict.settings import PredictSettings
from shopbench_plugin.predict.summary import summarize_run
from shopbench_plugin.scoring import ScoringSettings, score_answers
from shopbench_plugin.storage.files import digest_file, name_beside, write_atomically
from shopbench_plugin.storage.journal import Journal, open_journal, read_run
from shopbench_plugin.storage.paths import check_places


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """One run of `shopbench demonstrations select`.

    Attributes:
        predict: model and engine, with the development set as `input`, the preset to write as `output`, and the preset
            whose slots are filled as `preset`.
        most_candidates: try at most this many per slot; None tries all.
        seed: random seed for choosing candidates.
    """

    predict: PredictSettings
    most_candidates: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class SelectionRecord:
    """The content of `NAME.scores.json`: what was tried, and the results.

    Attributes:
        run: the run's fingerprint.
        model: the model that answered.
        development_set: the file with the candidates.
        preset: the one whose slots were filled.
        trials: one per candidate.
        digest: SHA-256 of the output.
    """

    run: str
    model: str
    development_set: str
    preset: str
    trials: tuple[Trial, ...]
    digest: str = ""


def select_with_model(settings: SelectionSettings, engine: Engine | None = None) -> tuple[Trial, ...]:
    """Choose demonstrations with the model, and write the preset and, next to it, `NAME.scores.json`.

    An interrupted run is resumed when this is called again: every trial is saved as soon as it is done.

    Returns:
        The trials, in the order in which they were run.

    Raises:
        ShopBenchError: anything the user can fix.
    """
    # Chain of thought leaves out the demonstrations; late answers, and answers that depend on the other questions, say
    # nothing about them.
    predict = replace(
        settings.predict, cot=False, label_calibration=None, seconds_per_question=None, seconds_per_run=None
    )
    check_places(list_read(predict), list_selected(predict.output))
    preset = read_preset(predict.preset)
    if not preset.needs_development_set:
        raise ShopBenchError(
            f"preset {preset.name} has no demonstrations to select; pass --preset fewshot, for example"
        )
    questions = read_development_set(predict.input)
    choose_demonstrations(preset, questions)  # for its errors
    run = f"{fingerprint_run(predict)}-{settings.most_candidates}-{settings.seed}"
    finished = _read_finished(predict.output, run, overwrite=predict.overwrite)
    if finished is not None:
        return finished
    trials = count_trials(preset, questions, settings.most_candidates)
    journal_path = name_beside(predict.output, "part")
    with open_journal(journal_path, run, overwrite=predict.overwrite) as journal:
        measure = _ModelMeasure(predict, journal, trials, engine)
        try:
            selection = select_demonstrations(
                preset, questions, measure, most_candidates=settings.most_candidates, seed=settings.seed
            )
        finally:
            measure.close()
        _write(predict, run, selection)
        journal.remove()
    return selection.trials


def list_selected(output: Path) -> list[Path]:
    """Return every file that a selection with this output writes."""
    return [output, _scores_path(output), name_beside(output, "part")]


class _ModelMeasure:
    """The measure of `select_demonstrations`: asks a model, and saves the result of each trial in the journal."""

    def __init__(self, settings: PredictSettings, journal: Journal, trials: int, engine: Engine | None) -> None:
        self._settings = settings
        self._journal = journal
        self._engine = engine
        self._questions = 0
        self._unfinished: Counter[str] = Counter()
        self._no_text: Counter[str] = Counter()
        self._trials = iter(track(range(trials), doing="comparing demonstrations", total=trials, unit="candidates"))

    def __call__(self, questions: Sequence[Question], demonstrations: DemonstrationSet) -> list[float | None]:
        number = next(self._trials)
        if number not in self._journal.rows:
            self._journal.add(number, {"scores": self._measure(questions, demonstrations)})
        scores: list[float | None] = self._journal.rows[number]["scores"]
        return scores

    def _measure(self, questions: Sequence[Question], demonstrations: DemonstrationSet) -> list[float | None]:
        self._engine = self._engine or load_engine(self._settings.engine)
        predictor = Predictor(self._settings, self._engine, demonstrations)
        predictions = collect(predictor.answer(questions), len(questions))
        self._check_usable(predictions)
        return [scored.score for scored in score_answers(predictions, ScoringSettings())]

    def _check_usable(self, predictions: Sequence[Prediction]) -> None:
        """Check the answers of all trials so far."""
        trial = summarize_run(self._settings, "", predictions, asked=len(predictions), seconds=0)
        self._questions += trial.questions
        self._unfinished.update(trial.unfinished)
        self._no_text.update(trial.no_text)
        total = replace(trial, questions=self._questions, unfinished=self._unfinished, no_text=self._no_text)
        total.check_usable(self._settings.max_unusable)

    def close(self) -> None:
        """Finish the progress bar and close the engine."""
        next(self._trials, None)
        if self._engine is not None:
            self._engine.close()


def _read_finished(output: Path, run: str, *, overwrite: bool) -> tuple[Trial, ...] | None:
    existing = [path for path in (output, _scores_path(output)) if path.is_file()]
    if not existing or overwrite or read_run(name_beside(output, "part")) == run:
        return None
    try:
        record = TypeAdapter(SelectionRecord).validate_json(_scores_path(output).read_bytes())
    except (OSError, ValidationError):
        record = None
    if record is None or record.run != run:
        raise ShopBenchError(f"{existing[0]}: belongs to another run; choose another --output, or pass --overwrite")
    if output not in existing:
        return None
    if record.digest and record.digest != digest_file(output):
        raise ShopBenchError(
            f"{output}: was changed or cut after its run wrote it; choose another --output, or pass --overwrite"
        )
    return record.trials


def _write(settings: PredictSettings, run: str, selection: Selection) -> None:
    scores = _scores_path(settings.output)
    rules = {str(name): _describe(rule) for name, rule in selection.rules.items()}
    model = settings.engine.model
    header = (
        f"# Demonstrations selected on {settings.input} with {model}, in the slots of {settings.preset}.\n"
        f"# The scores of all candidates are in {scores.name}. Numbers count the questions of a task in that file.\n"
        "#\n"
        f"#   shopbench predict --model DIR --input FILE --output FILE --preset {settings.output}"
        f" --development-set {settings.input}\n"
    )
    content = (header + yaml.safe_dump(rules, sort_keys=False, allow_unicode=True)).encode()
    digest = hashlib.sha256(content).hexdigest()
    record = SelectionRecord(run, model, str(settings.input), settings.preset, selection.trials, digest)
    with write_atomically(scores) as stream:
        stream.write(orjson.dumps(asdict(record), option=orjson.OPT_INDENT_2))
    with write_atomically(settings.output) as stream:
        stream.write(content)


def _describe(rule: Rule) -> dict[str, Any]:
    keys: dict[str, Any] = TypeAdapter(Rule).dump_python(rule, mode="json", exclude_defaults=True)
    return keys | ({"picks": [asdict(pick) for pick in rule.picks]} if rule.picks else {})


def _scores_path(output: Path) -> Path:
    return output.with_suffix(".scores.json")
