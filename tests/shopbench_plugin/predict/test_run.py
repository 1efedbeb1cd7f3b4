"""A file of questions becomes a file of predictions: in order, whole, and without asking twice."""

import hashlib
import os
import random
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines.openai_engine import OpenAISettings
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.predict import run as run_module
from shopbench_plugin.predict.run import predict_file
from shopbench_plugin.predict.settings import PredictSettings
from shopbench_plugin.storage.files import write_atomically
from shopbench_plugin.storage.journal import open_journal

KILLABLE_RUN = Path(__file__).with_name("killable_run.py")
TEXTS = [f"Which product is number {number}?" for number in range(12)]


def read_rows(path):
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture
def settings(write_questions, tmp_path):
    return PredictSettings(
        engine=TransformersSettings(model="none"), input=write_questions(TEXTS), output=tmp_path / "answers.jsonl"
    )


def change(settings, **values):
    return replace(settings, **values)


def change_engine(settings, **values):
    return replace(settings, engine=replace(settings.engine, **values))


def number_asked(prompt):
    return str(int(re.search(r"number (\d+)\?", prompt.messages[-1].content)[1]) % 3)


def test_rows_stand_in_input_order(settings, rule_engine):
    summary = predict_file(settings, rule_engine(number_asked))
    rows = read_rows(settings.output)
    assert [row["input_field"].splitlines()[0] for row in rows] == TEXTS
    assert [row["prediction"] for row in rows] == [str(number % 3) for number in range(12)]
    assert (summary.questions, summary.asked, summary.cached_share) == (12, 12, 0.5)


def test_a_finished_run_is_not_repeated(settings, rule_engine):
    predict_file(settings, rule_engine())
    before = settings.output.read_bytes()
    engine = rule_engine()
    assert predict_file(settings, engine).asked == 0
    assert engine.asked == []
    assert settings.output.read_bytes() == before


def test_nothing_is_left_beside_the_output_but_its_summary(settings, rule_engine):
    predict_file(settings, rule_engine())
    assert sorted(path.name for path in settings.output.parent.glob("answers*")) == [
        "answers.jsonl",
        "answers.jsonl.run.json",
    ]


def test_an_engine_that_fails_leaves_what_was_answered(settings, rule_engine):
    def fail_at_five(prompt):
        if "number 5?" in prompt.messages[-1].content:
            raise ShopBenchError("the server is gone")
        return "1"

    failing = rule_engine(fail_at_five)
    with pytest.raises(ShopBenchError, match="gone"):
        predict_file(settings, failing)
    assert failing.is_closed
    assert not settings.output.exists()
    engine = rule_engine()
    summary = predict_file(settings, engine)
    assert 0 < summary.asked == len(engine.asked[0]) < 12
    assert len(read_rows(settings.output)) == 12


@pytest.mark.parametrize(
    ("name", "value"), [("prompt_tokens", "9"), ("is_sure", 1), ("finish_reason", ["stop"]), ("prediction", None)]
)
def test_a_kept_row_that_makes_no_sense_is_asked_again(settings, rule_engine, name, value):
    predict_file(settings, rule_engine(number_asked))
    whole, note = settings.output, settings.output.with_name("answers.jsonl.run.json")
    rows, run = read_rows(whole), orjson.loads(note.read_bytes())["run"]
    with open_journal(whole.with_name("answers.jsonl.part"), run, overwrite=False) as journal:
        for index, row in enumerate(rows):
            journal.add(index, row | {name: value} if index == 5 else row)
    whole.unlink()
    engine = rule_engine(number_asked)
    assert predict_file(settings, engine).asked == 1
    assert ["number 5?" in prompt.messages[-1].content for prompt in engine.asked[0]] == [True]
    assert read_rows(whole) == rows


def test_a_refused_question_gets_a_valid_answer_and_its_row_says_why(settings, rule_engine, caplog):
    engine = rule_engine(number_asked, refused="number 4?")
    summary = predict_file(settings, engine)
    refused = read_rows(settings.output)[4]
    assert (refused["prediction"], refused["finish_reason"], refused["refusal"]) == ("0", "refused", "too long")
    assert [row for row in read_rows(settings.output) if "refusal" in row] == [refused]
    assert summary.unfinished == {"refused": 1}
    (told,) = caplog.messages
    assert told == (
        f"{settings.output}: 1 of 12 questions were refused or got no text, and have a valid fallback answer "
        "(the first: too long)"
    )


def test_an_output_of_another_run_is_kept(settings, rule_engine):
    predict_file(settings, rule_engine())
    before = settings.output.read_bytes()
    with pytest.raises(ShopBenchError, match=r"belongs to another run .* --overwrite to replace it"):
        predict_file(change_engine(settings, model="other"), rule_engine())
    assert settings.output.read_bytes() == before
    predict_file(change(change_engine(settings, model="other"), overwrite=True), rule_engine(lambda prompt: "2"))
    assert {row["prediction"] for row in read_rows(settings.output)} == {"2"}


def test_a_file_that_no_run_wrote_is_kept(settings, rule_engine):
    settings.output.write_text("my notes\n", encoding="utf-8")
    with pytest.raises(ShopBenchError, match="belongs to another run"):
        predict_file(settings, rule_engine())
    assert settings.output.read_text(encoding="utf-8") == "my notes\n"


def test_other_questions_make_another_run(settings, rule_engine, write_questions):
    predict_file(settings, rule_engine())
    write_questions([*TEXTS, "And which one is last?"])
    with pytest.raises(ShopBenchError, match="belongs to another run"):
        predict_file(settings, rule_engine())


def test_another_adapter_in_the_same_folder_makes_another_run(settings, rule_engine, tmp_path):
    (tmp_path / "adapter_model.safetensors").write_bytes(b"1")
    settings = change_engine(settings, adapters={"ranking": str(tmp_path)})
    predict_file(settings, rule_engine())
    (tmp_path / "adapter_model.safetensors").write_bytes(b"22")
    with pytest.raises(ShopBenchError, match="belongs to another run"):
        predict_file(settings, rule_engine())


def test_a_smaller_batch_continues_the_same_run(settings, rule_engine):
    predict_file(settings, rule_engine())
    assert predict_file(change_engine(settings, batch_size=2), rule_engine()).asked == 0


def test_repeated_questions_are_refused_unless_wanted(write_questions, tmp_path, rule_engine):
    path = write_questions(["Which tea?", "Which salt?", "Which tea?", "Which salt?"])
    settings = PredictSettings(engine=TransformersSettings(model="none"), input=path, output=tmp_path / "answers.jsonl")
    with pytest.raises(ShopBenchError, match=r"question 3 repeats question 1 and 1 more; .* --allow-repeats"):
        predict_file(settings, rule_engine())
    predict_file(change(settings, allow_repeats=True), rule_engine())
    assert [row["input_field"].splitlines()[0] for row in read_rows(settings.output)] == [
        "Which tea?",
        "Which salt?",
        "Which tea?",
        "Which salt?",
    ]


def test_partial_answers_what_can_be_read_and_says_what_is_left_out(settings, rule_engine, caplog):
    with settings.input.open("a") as stream:
        stream.write('{"input_field": "Which is')
    broken = len(settings.input.read_bytes().splitlines())
    with pytest.raises(ShopBenchError, match=rf"questions\.jsonl:{broken}: not valid JSON"):
        predict_file(settings, rule_engine())
    summary = predict_file(replace(settings, partial=True), rule_engine())
    assert summary.questions == len(read_rows(settings.output)) == broken - 1
    assert [record.getMessage().partition(": not")[0] for record in caplog.records] == [
        f"left out: {settings.input}:{broken}"
    ]


def test_what_is_late_gets_a_valid_answer_and_is_counted(settings, rule_engine):
    summary = predict_file(settings, rule_engine(lambda prompt: "2", late_after=4))
    rows = read_rows(settings.output)
    assert summary.unfinished == {"deadline": 8}
    assert sorted({row["prediction"] for row in rows if row["finish_reason"] == "deadline"}) == ["0"]
    assert [row["prediction"] for row in rows if row["finish_reason"] == "stop"] == ["2"] * 4


def test_a_model_that_cannot_be_loaded_leaves_no_trace(settings, rule_engine):
    with pytest.raises(ShopBenchError, match="no such model folder"):
        predict_file(change_engine(settings, model="missing"))
    assert list(settings.output.parent.glob("answers*")) == []
    assert predict_file(settings, rule_engine()).asked == 12


def test_a_folder_is_refused_as_output_before_anything_is_asked(settings, rule_engine):
    settings.output.mkdir()
    engine = rule_engine()
    with pytest.raises(ShopBenchError, match=r"answers.jsonl: is a folder; name a file$"):
        predict_file(settings, engine)
    assert engine.asked == []


def stop_before_output(settings, engine, monkeypatch):
    """Let a run die between its note and its output."""

    @contextmanager
    def write(path):
        if path == settings.output:
            raise KeyboardInterrupt
        with write_atomically(path) as stream:
            yield stream

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "write_atomically", write)
        with pytest.raises(KeyboardInterrupt):
            predict_file(settings, engine)


def test_old_answers_do_not_pass_as_a_run_that_was_stopped_before_its_output(settings, rule_engine, monkeypatch):
    predict_file(settings, rule_engine())
    new = change(settings, direct_answer=False)
    stop_before_output(change(new, overwrite=True), rule_engine(lambda prompt: "2"), monkeypatch)
    engine = rule_engine()
    summary = predict_file(new, engine)
    assert (engine.asked, summary.asked) == ([], 0)
    assert {row["prediction"] for row in read_rows(new.output)} == {"2"}


@pytest.mark.parametrize("keep", [0, 1, 11])
def test_a_finished_output_that_was_cut_is_not_complete(settings, rule_engine, keep):
    predict_file(settings, rule_engine())
    settings.output.write_bytes(b"".join(settings.output.read_bytes().splitlines(keepends=True)[:keep]))
    with pytest.raises(ShopBenchError, match=r"answers.jsonl: was changed or cut after .* --overwrite"):
        predict_file(settings, rule_engine())


def test_the_note_holds_the_digest_of_the_output(settings, rule_engine):
    summary = predict_file(settings, rule_engine())
    assert summary.digest == hashlib.sha256(settings.output.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer_config.json"])
def test_a_model_that_is_changed_in_place_is_another(settings, rule_engine, tmp_path, name):
    model = tmp_path / "model"
    model.mkdir()
    (model / name).write_bytes(b"before")
    state = (model / name).stat()
    settings = change_engine(settings, model=str(model))
    predict_file(settings, rule_engine())
    time.sleep(0.02)  # what the file system's clock tells apart
    (model / name).write_bytes(b"after!")
    os.utime(model / name, ns=(state.st_atime_ns, state.st_mtime_ns))
    with pytest.raises(ShopBenchError, match="belongs to another run"):
        predict_file(settings, rule_engine())


def test_a_journals_rows_under_other_numbers_are_asked_again(settings, rule_engine):
    predict_file(settings, rule_engine(number_asked))
    note = orjson.loads(settings.output.with_name("answers.jsonl.run.json").read_bytes())
    rows = read_rows(settings.output)
    settings.output.unlink()
    with open_journal(settings.output.with_name("answers.jsonl.part"), note["run"], overwrite=False) as journal:
        for index, other in ((0, 1), (1, 0), (2, 2)):
            journal.add(index, rows[other])
    assert predict_file(settings, rule_engine(number_asked)).asked == 11
    assert read_rows(settings.output) == rows


def test_other_servers_are_another_run(settings, rule_engine):
    one, other = (OpenAISettings(model="shop", base_urls=(f"http://{name}/v1",)) for name in "ab")
    predict_file(change(settings, engine=one), rule_engine())
    with pytest.raises(ShopBenchError, match="belongs to another run"):
        predict_file(change(settings, engine=other), rule_engine())


def test_a_name_that_is_too_long_shows_before_anything_is_asked(settings, rule_engine, tmp_path):
    engine = rule_engine()
    with pytest.raises(ShopBenchError, match=r"the name is \d+ bytes too long; choose a shorter output"):
        predict_file(change(settings, output=tmp_path / ("a" * 236)), engine)
    assert engine.asked == []


@pytest.mark.parametrize("ending", ["", ".run.json", ".part"])
def test_no_input_is_overwritten(settings, rule_engine, tmp_path, ending):
    source = settings.input.rename(tmp_path / f"a.jsonl{ending}")
    before = source.read_bytes()
    with pytest.raises(ShopBenchError, match="is also an input"):
        predict_file(change(settings, input=source, output=tmp_path / "a.jsonl", overwrite=True), rule_engine())
    assert source.read_bytes() == before


def test_an_unknown_preset_is_said_where_there_is_an_output(settings, rule_engine):
    predict_file(settings, rule_engine())
    with pytest.raises(ShopBenchError, match="unknown preset 'fewshots', did you mean 'fewshot'"):
        predict_file(change(settings, preset="fewshots"), rule_engine())


def test_a_run_with_too_many_answers_without_text_is_not_good(settings, rule_engine):
    summary = predict_file(settings, rule_engine(lambda prompt: "" if number_asked(prompt) == "0" else "1"))
    assert summary.no_text == {"stop": 4}
    summary.check_usable(0.34)
    with pytest.raises(ShopBenchError, match=r"4 of 12 answers are unusable \(4 without text\), more than"):
        summary.check_usable(0.33)


def start_killable_run(settings, log, most):
    return subprocess.Popen(
        [sys.executable, KILLABLE_RUN, settings.input, settings.output, log, str(most)],
        env={**os.environ, "PYTHONPATH": "."},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_journal(process, journal, answers):
    while process.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") <= answers):
        time.sleep(0.001)


def test_a_run_killed_at_random_moments_ends_as_if_it_had_not_been(write_questions, tmp_path):
    texts = [f"Which product is number {number}?" for number in range(300)]
    settings = PredictSettings(
        engine=TransformersSettings(model="none"), input=write_questions(texts), output=tmp_path / "answers.jsonl"
    )
    journal, log = tmp_path / "answers.jsonl.part", tmp_path / "asked.log"
    moments = random.Random(5)
    answered = 0
    for _ in range(4):
        process = start_killable_run(settings, log, most=70)
        wait_for_journal(process, journal, answered + moments.randrange(60))
        process.kill()
        process.communicate()
        assert process.returncode == -9
        assert not settings.output.exists()
        answered = journal.read_bytes().count(b"\n") - 1
    last = start_killable_run(settings, log, most=300)
    last.communicate()
    assert last.returncode == 0
    assert [row["input_field"].splitlines()[0] for row in read_rows(settings.output)] == texts
    asked = log.read_text(encoding="utf-8").splitlines()
    assert len(asked) <= 300 + 4, "besides the answers under way at each kill, none was asked for twice"


def test_two_runs_at_once_do_not_mix(settings, tmp_path):
    first = start_killable_run(settings, tmp_path / "first.log", most=2)
    wait_for_journal(first, tmp_path / "answers.jsonl.part", 1)
    second = start_killable_run(settings, tmp_path / "second.log", most=12)
    _, errors = second.communicate()
    assert "another run is writing to it" in errors
    first.communicate("go on\n")
    assert first.returncode == 0
    assert len(read_rows(settings.output)) == 12
    assert not (tmp_path / "second.log").exists()
