"""`shopbench evaluate-ecinstruct`: rows by their place, and what is said where they don't fit."""

import orjson
import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app

ROWS = [
    {"task": "Sentiment_Analysis", "input": "It leaks.", "output": "E: very negative"},
    {
        "task": "Query_Product_Ranking",
        "input": '{"query": "hat", "product list": ["A: cap", "B: hat"]}',
        "output": "B,A",
    },
    {"task": "Product_Matching", "input": '{"one": "hat", "two": "cap"}', "output": "no"},
]


def write(path, rows):
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return str(path)


@pytest.fixture
def run(tmp_path):
    """Answer the rows, and return what the command made of it with the JSON it wrote, if any."""

    def start(answers, *options, rows=ROWS):
        setting = {"instruction": "Judge.", "options": None, "split": "test", "setting": "IND_Diverse_Instruction"}
        reference = write(tmp_path / "reference.jsonl", [row | setting for row in rows])
        lines = [
            {"input_field": f"Judge.\n{row['input']}", "prediction": answer}
            for row, answer in zip(ROWS, answers, strict=False)
        ]
        predictions = write(tmp_path / "predictions.jsonl", lines)
        target = tmp_path / "scores.json"
        command = ["evaluate-ecinstruct", "--predictions", predictions, "--reference", reference, "--json", str(target)]
        result = CliRunner().invoke(app, [*command, *options])
        return result, orjson.loads(target.read_bytes()) if target.exists() else None

    return start


def test_each_task_gets_its_own_metrics(run, tmp_path):
    labels = tmp_path / "label.json"
    labels.write_text('[["S", "E"]]')
    result, scores = run(["E", "B,A", "yes"], "--esci-labels", str(labels))
    assert result.exit_code == 0
    assert scores["Sentiment_Analysis"]["metrics"] == {"accuracy": 1.0, "macro F1": 1.0}
    assert scores["Query_Product_Rank"]["metrics"]["NDCG"] == pytest.approx(1, abs=1e-5)
    assert scores["Product_Matching"]["metrics"]["accuracy"] == 0.0


def test_blank_lines_in_the_reference_are_no_rows(run, tmp_path):
    result, _ = run(["E", "B,A", "no"])
    reference = tmp_path / "reference.jsonl"
    reference.write_bytes(reference.read_bytes().replace(b"\n", b"\n \n\n"))
    again = CliRunner().invoke(
        app,
        ["evaluate-ecinstruct", "--predictions", str(tmp_path / "predictions.jsonl"), "--reference", str(reference)],
    )
    assert (again.exit_code, again.stdout) == (0, result.stdout)


def test_rankings_without_labels_are_reported_as_not_scored(run):
    result, scores = run(["E", "B,A", "no"])
    assert scores["Query_Product_Rank"]["metrics"] == {}
    assert "not scored" in result.stdout


@pytest.mark.parametrize(
    ("answers", "rows", "message"),
    [
        (["E", "B,A"], ROWS, "predictions.jsonl: 2 answers to 3 reference rows"),
        (["E", None, "no"], ROWS, "predictions.jsonl:2: 'prediction' is None; it must be a string"),
        (["E", "B,A", "no"], ROWS[::-1], "predictions.jsonl:1: answers another row than the reference has"),
        (
            ["E", "B,A", "no"],
            [{"task": "Essay", "input": "x", "output": "y"}],
            "reference.jsonl:1: unknown task 'Essay'",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(run, answers, rows, message):
    result, scores = run(answers, rows=rows)
    assert message in str(result.exception)
    assert scores is None


@pytest.mark.parametrize("content", ["", "{}", "[]", '[["E", "X"]]', "[3]"])
def test_broken_labels_name_their_file(run, tmp_path, content):
    labels = tmp_path / "label.json"
    labels.write_text(content)
    result, scores = run(["E", "B,A", "no"], "--esci-labels", str(labels))
    assert "label.json" in str(result.exception)
    assert scores is None
