"""`shopbench evaluate` and `shopbench compare`: exit status, files and messages."""

import shlex
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError

RUNNER = CliRunner()
TRACK = "amazon-kdd-cup-24-user-behavior-alignment"


@pytest.fixture
def files(tmp_path):
    """A reference of twelve questions with option 1 right, and predictions that answer 1, or 0."""

    def write(name, rows):
        path = tmp_path / name
        path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        return str(path)

    fields = {"task_name": "task1", "task_type": "multiple-choice", "metric": "accuracy", "track": TRACK}
    texts = [f"question {place}" for place in range(12)]
    return {
        "reference": write("reference.jsonl", [{"input_field": text, "output_field": 1} | fields for text in texts]),
        "right": write("right.jsonl", [{"input_field": text, "prediction": "1", "raw": "1"} for text in texts]),
        "wrong": write("wrong.jsonl", [{"input_field": text, "prediction": "0", "raw": "x"} for text in texts]),
        "short": write("short.jsonl", [{"input_field": text, "prediction": "1"} for text in texts[:9]]),
    }


def run(*arguments):
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


def test_the_json_holds_what_scripts_rely_on(files, tmp_path):
    path = tmp_path / "new" / "scores.json"
    result = run("evaluate", "--predictions", files["right"], "--reference", files["reference"], "--json", path)
    assert result.exit_code == 0
    scores = orjson.loads(path.read_bytes())
    assert scores["overall"] == 1.0
    assert scores["tracks"] == {TRACK: 1.0}
    task = scores["tasks"]["task1"]
    assert (task["metric"], task["score"], task["questions"], task["unparsable"]) == ("accuracy", 1.0, 12, 0)
    assert scores["lost"]["overall"] == {"truncation": 0.0, "format": 0.0, "wrong answer": 0.0}


def test_the_table_shows_task_track_and_total(files):
    result = run("evaluate", "--predictions", files["right"], "--reference", files["reference"])
    for text in ("task1", "accuracy", "1.000", "user-behavior-alignment", "all around"):
        assert text in result.stdout


def test_the_report_is_one_file(files, tmp_path):
    pytest.importorskip("plotly")
    path = tmp_path / "report.html"
    result = run("evaluate", "--predictions", files["right"], "--reference", files["reference"], "--report", path)
    assert result.exit_code == 0
    assert "<title>ShopBench report</title>" in path.read_text()
    assert "sha256" in path.read_text()


def test_a_mismatch_is_one_line_and_leaves_no_file(files, tmp_path):
    path = tmp_path / "scores.json"
    result = run("evaluate", "--predictions", files["short"], "--reference", files["reference"], "--json", path)
    assert isinstance(result.exception, ShopBenchError)
    assert "3 missing questions ('question 9', 'question 10', ...); --partial scores what" in str(result.exception)
    assert not path.exists()


def test_a_task_in_two_tracks_names_the_reference(files, tmp_path):
    reference = tmp_path / "two.jsonl"
    reference.write_bytes(Path(files["reference"]).read_bytes().replace(TRACK.encode(), b"b", 1))
    result = run("evaluate", "--predictions", files["right"], "--reference", reference)
    assert f"two.jsonl: question 'question 1': 'track' is '{TRACK}', but 'b' in earlier questions" in str(
        result.exception
    )


def test_partial_scores_the_rest_and_says_so(files):
    result = run("evaluate", "--predictions", files["short"], "--reference", files["reference"], "--partial")
    assert result.exit_code == 0
    assert "partial: 3 missing questions" in result.stdout


@pytest.mark.parametrize("missing", ["--predictions", "--reference"])
def test_a_missing_option_is_wrong_usage(files, missing):
    options = {"--predictions": files["right"], "--reference": files["reference"]}
    del options[missing]
    assert run("evaluate", *[part for option in options.items() for part in option]).exit_code == 2


def test_compare_gives_a_verdict(files, tmp_path):
    path = tmp_path / "comparison.json"
    options = ["--reference", files["reference"], "--predictions", files["wrong"], "--predictions", files["right"]]
    result = run("compare", *options, "--json", path)
    assert result.exit_code == 0
    assert "right against wrong" in result.stdout
    comparison = orjson.loads(path.read_bytes())["comparisons"][0]
    assert comparison["overall"]["verdict"] == "better"
    assert comparison["tasks"]["task1"]["difference"] == 1.0


def test_compare_needs_two_files(files):
    result = run("compare", "--reference", files["reference"], "--predictions", files["right"])
    assert "two or more different predictions files" in str(result.exception)


def test_a_predict_recipe_says_what_to_score(files, tmp_path):
    recipe = tmp_path / "predict.yaml"
    recipe.write_text(f"model: shop\ninput: {files['reference']}\noutput: {files['right']}\n")
    assert "1.000" in run("evaluate", "--config", recipe).stdout


def test_an_empty_recipe_is_one_without_files(tmp_path):
    recipe = tmp_path / "predict.yaml"
    recipe.write_text("# nothing yet\n")
    result = run("evaluate", "--config", recipe)
    assert result.exit_code == 2
    assert "pass --predictions and --reference" in result.output


def test_the_overview_has_a_column_for_each_file_and_one_for_the_best_constant_answers(files):
    two = ("--predictions", files["wrong"], "--predictions", files["right"])
    result = run("compare", *two, "--reference", files["reference"], "--overview")
    [row] = [line for line in result.stdout.splitlines() if "task1" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["task1", "12", "0.000", "1.000", "1.000"]


def test_the_best_constant_answers_are_to_the_questions_that_were_compared(files, tmp_path):
    row = {"task_name": "task2", "task_type": "multiple-choice", "metric": "accuracy", "track": TRACK}
    unlike = [{"input_field": f"question {place}", "output_field": "B"} | row for place in (12, 13)]
    reference = tmp_path / "more.jsonl"
    reference.write_bytes(Path(files["reference"]).read_bytes().replace(b'"output_field":1', b'"output_field":0', 9))
    with reference.open("ab") as stream:
        stream.writelines(orjson.dumps(one) + b"\n" for one in unlike)
    other = tmp_path / "other.jsonl"
    other.write_bytes(Path(files["right"]).read_bytes().split(b"\n", 8)[-1])
    two = ("--predictions", files["right"], "--predictions", other)
    result = run("compare", *two, "--reference", reference, "--overview", "--partial")
    assert result.exit_code == 0
    [row] = [line for line in result.stdout.splitlines() if "task1" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["task1", "4", "0.750", "0.750", "0.750"]
    assert "task2" not in result.stdout.partition("partial")[0]


def test_names_from_a_data_set_are_printed_as_they_are(files, tmp_path):
    reference = tmp_path / "marked.jsonl"
    reference.write_bytes(Path(files["reference"]).read_bytes().replace(b"task1", b"[bold]x[/red]"))
    result = run("evaluate", "--predictions", files["right"], "--reference", reference)
    assert result.exit_code == 0
    assert "[bold]x[/red]" in result.stdout


@pytest.mark.parametrize("option", ["--json", "--report"])
@pytest.mark.parametrize("victim", ["right", "reference"])
def test_an_input_is_never_overwritten(files, option, victim):
    before = Path(files[victim]).read_bytes()
    for command in ("evaluate", "compare"):
        inputs = ("--predictions", files["right"], "--reference", files["reference"], option, files[victim])
        more = ("--predictions", files["wrong"]) if command == "compare" else ()
        assert "would be overwritten; choose another output" in str(run(command, *inputs, *more).exception)
    assert Path(files[victim]).read_bytes() == before


def test_json_and_report_are_two_files(files, tmp_path):
    path = tmp_path / "z"
    options = ("--predictions", files["right"], "--reference", files["reference"], "--json", path, "--report", path)
    assert "would be written twice" in str(run("evaluate", *options).exception)
    assert not path.exists()


def test_the_evaluator_is_chosen_by_name_and_told_in_the_json(files, tmp_path):
    path = tmp_path / "scores.json"
    spaced = tmp_path / "spaced.jsonl"
    spaced.write_bytes(Path(files["right"]).read_bytes().replace(b'"prediction":"1"', b'"prediction":"\\n1"'))
    options = ("--predictions", spaced, "--reference", files["reference"], "--json", path)
    scores = {}
    for evaluator in ("kdd-cup", "shopping-mmlu"):
        assert run("evaluate", *options, "--evaluator", evaluator).exit_code == 0
        content = orjson.loads(path.read_bytes())
        scores[content["settings"]["evaluator"]] = content["overall"]
    assert scores == {"kdd-cup": 1.0, "shopping-mmlu": 0.0}
    message = str(run("evaluate", *options, "--evaluator", "shoping-mmlu").exception)
    assert message == "unknown evaluator 'shoping-mmlu', did you mean 'shopping-mmlu'? Known: kdd-cup, shopping-mmlu"


def test_unusable_answers_are_told(files, tmp_path):
    path = tmp_path / "cut.jsonl"
    lines = Path(files["right"]).read_bytes().splitlines()
    rows = [
        orjson.loads(line) | {"finish_reason": "length" if place < 2 else "stop"} for place, line in enumerate(lines)
    ]
    rows[5]["raw"] = " "
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    result = run("evaluate", "--predictions", path, "--reference", files["reference"])
    assert "2 of 12 answers ended with 'length' (cut off at the token budget)" in result.stdout
    assert "1 of 12 answers have no text from the model (by finish reason: stop 1)" in result.stdout


def test_published_scores_stand_beside_one_s_own(files):
    two = ("--predictions", files["wrong"], "--predictions", files["right"])
    result = run("compare", *two, "--reference", files["reference"], "--published")
    assert "0.722 │ 0.000 │ 1.000 │" in result.stdout
    assert "0.773 │       │       │" in result.stdout  # all around needs all four tracks
    assert "Table 3" in result.stdout


def test_a_recipe_does_not_score_another_recipe_s_answers(files, tmp_path):
    recipe = tmp_path / "predict.yaml"
    recipe.write_text(f"model: shop\npreset: fewshot\ninput: {files['reference']}\noutput: {files['right']}\n")
    note = Path(files["right"] + ".run.json")
    note.write_bytes(orjson.dumps({"settings": {"model": "shop", "preset": "zero-shot"}}))
    message = str(run("evaluate", "--config", recipe).exception)
    assert "answers of a different run: 'preset' was 'zero-shot', but " in message
    assert run("evaluate", "--config", recipe, "--predictions", files["right"]).exit_code == 0
    note.write_bytes(orjson.dumps({"settings": {"model": "shop", "preset": "fewshot"}}))
    assert run("evaluate", "--config", recipe).exit_code == 0


def test_answers_that_were_changed_after_their_run_are_said_to_be(files, tmp_path):
    recipe = tmp_path / "predict.yaml"
    recipe.write_text(f"model: shop\npreset: fewshot\ninput: {files['reference']}\noutput: {files['right']}\n")
    note = Path(files["right"] + ".run.json")
    note.write_bytes(orjson.dumps({"settings": {"model": "shop", "preset": "fewshot"}, "digest": "0" * 64}))
    message = str(run("evaluate", "--config", recipe).exception)
    assert "was changed or cut after its run wrote it, or the run was stopped before: " in message
    assert message.endswith("; run predict again, or pass --predictions to score the file anyway")
    scored = run("evaluate", "--predictions", files["right"], "--reference", files["reference"])
    assert scored.exit_code == 0
    assert "is of other answers" in " ".join(scored.stdout.split())


def test_a_closed_standard_output_is_one_line(files):
    command = [sys.executable, "-m", "shopbench_plugin", "evaluate", "--predictions", files["right"]]
    line = shlex.join([*command, "--reference", files["reference"]]) + " >&-"
    done = subprocess.run(["/bin/sh", "-c", line], stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: standard output is closed, so the table can't be printed; redirect it to a file\n"


def test_the_report_shows_the_curves_of_a_training(files, tmp_path):
    pytest.importorskip("plotly")
    path = tmp_path / "report.html"
    losses = [{"current_steps": step, "loss": 1 / step} for step in (1, 2)]
    (tmp_path / "trainer_log.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in losses))
    options = ("--predictions", files["right"], "--reference", files["reference"], "--report", path)
    assert run("evaluate", *options, "--training", tmp_path).exit_code == 0
    assert "Training: right" in path.read_text()
    assert run("evaluate", *options, "--training", tmp_path, "--training", tmp_path).exit_code == 2
    assert "no losses in trainer_log.jsonl" in str(run("evaluate", *options, "--training", tmp_path / "no").exception)
