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

    def start(answers, *options, rows=ROWS, asked=ROWS):
        setting = {"instruction": "Judge.", "options": None, "split": "test", "setting": "IND_Diverse_Instruction"}
        reference = write(tmp_path / "reference.jsonl", [setting | row for row in rows])
        lines = [
            {"input_field": f"Judge.\n{row['input']}", "prediction": answer}
            for row, answer in zip(asked, answers, strict=False)
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
    assert scores["Sentiment_Analysis/IND_Diverse_Instruction"]["metrics"] == {"accuracy": 1.0, "macro F1": 1.0}
    assert scores["Query_Product_Rank/IND_Diverse_Instruction"]["metrics"]["NDCG"] == pytest.approx(1, abs=1e-5)
    assert scores["Product_Matching/IND_Diverse_Instruction"]["metrics"]["accuracy"] == 0.0


def test_each_setting_of_a_task_has_a_row_of_its_own(run):
    settings = [{"setting": "IND_Diverse_Instruction"}, {"setting": "OOD_Diverse_Instruction"}, {"setting": None}]
    rows = [ROWS[0] | setting for setting in settings]
    result, scores = run(["E", "A", "E"], rows=rows, asked=rows)
    lines = [line.split("│") for line in result.stdout.splitlines() if "accuracy" in line]
    assert [[cell.strip() for cell in line[1:5]] for line in lines] == [
        ["Sentiment_Analysis", "IND_Diverse_Instruction", "accuracy", "1.000"],
        ["Sentiment_Analysis", "OOD_Diverse_Instruction", "accuracy", "0.000"],
        ["Sentiment_Analysis", "", "accuracy", "1.000"],
    ]
    assert {key: (score["task"], score["setting"], score["questions"]) for key, score in scores.items()} == {
        "Sentiment_Analysis/IND_Diverse_Instruction": ("Sentiment_Analysis", "IND_Diverse_Instruction", 1),
        "Sentiment_Analysis/OOD_Diverse_Instruction": ("Sentiment_Analysis", "OOD_Diverse_Instruction", 1),
        "Sentiment_Analysis": ("Sentiment_Analysis", "", 1),
    }


@pytest.mark.parametrize(
    ("splits", "options", "scored", "note"),
    [
        (
            ["train", "test", "val"],
            [],
            1,
            "left out: 2 of 3 rows, 1 of train and 1 of val; choose others with --splits",
        ),
        (["train", "test", "val"], ["--splits", "train,test"], 2, "left out: 1 of 3 rows, 1 of val; choose others"),
        (["test", "test", "test"], [], 3, None),
        (["train", "val", None], [], 3, None),
    ],
)
def test_the_test_split_is_scored_where_there_is_one_unless_told_otherwise(run, splits, options, scored, note):
    rows = [ROWS[0] | {"split": split, "setting": None} for split in splits]
    result, scores = run(["E", "E", "E"], *options, rows=rows, asked=rows)
    assert scores["Sentiment_Analysis"]["questions"] == scored
    assert note in result.stdout if note else "left out" not in result.stdout


def test_answers_to_the_scored_rows_alone_will_do(run):
    rows = [ROWS[0] | {"split": split, "setting": None} for split in ("train", "test", "test")]
    _, scores = run(["E", "A"], rows=rows, asked=rows[1:])
    assert (scores["Sentiment_Analysis"]["questions"], scores["Sentiment_Analysis"]["metrics"]["accuracy"]) == (2, 0.5)


def test_labels_are_those_of_the_rankings_scored(run, tmp_path):
    labels = tmp_path / "label.json"
    labels.write_text('[["S", "E"]]')
    rows = [ROWS[1] | {"split": split, "setting": None} for split in ("train", "test")]
    _, scores = run(["A,B", "B,A"], "--esci-labels", str(labels), rows=rows, asked=rows)
    assert scores["Query_Product_Rank"]["metrics"]["NDCG"] == pytest.approx(1, abs=1e-5)


def test_a_split_that_no_row_is_of_names_those_there_are(run):
    result, scores = run(["E", "B,A", "no"], "--splits", "val")
    assert str(result.exception).endswith("reference.jsonl: no row is in --splits val; the rows are in test")
    assert scores is None


def test_the_table_is_not_cut_in_a_pipe(run):
    setting = "OOD_Diverse_Instruction_with_a_long_name"
    rows = [ROWS[0] | {"task": "Multiclass_Product_Classification", "setting": setting}]
    result, _ = run(["E"], rows=rows)
    assert "Multiclass_Product_Classification │ " + setting in result.stdout


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
    assert scores["Query_Product_Rank/IND_Diverse_Instruction"]["metrics"] == {}
    assert "not scored" in result.stdout


@pytest.mark.parametrize(
    ("answers", "rows", "message"),
    [
        (["E", "B,A"], ROWS, "predictions.jsonl: 2 answers for 3 reference rows; answer each row once"),
        (
            ["E", "B,A"],
            [ROWS[0] | {"split": "train"}, ROWS[1] | {"split": "train"}, ROWS[2]],
            "predictions.jsonl: 2 answers for 3 reference rows, 1 of them in split test; answer each row once",
        ),
        (["E", None, "no"], ROWS, "predictions.jsonl:2: 'prediction' is None; it must be a string"),
        (["E", "B,A", "no"], ROWS[::-1], "predictions.jsonl:1: answers a different row than the reference has"),
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


@pytest.mark.parametrize(("labels", "count"), [(["E"], 1), (["E", "S", "C"], 3), ([], 0)])
def test_each_item_of_a_ranking_needs_its_label(run, tmp_path, labels, count):
    path = tmp_path / "label.json"
    path.write_bytes(orjson.dumps([labels]))
    result, scores = run(["E", "B,A", "no"], "--esci-labels", str(path))
    assert str(result.exception) == (
        f"{path}: {count} labels for the 2 items of {tmp_path}/reference.jsonl:2; list one per item"
    )
    assert scores is None


VALUES = {
    "task": "Attribute_Value_Extraction",
    "instruction": "Extract the attributes.",
    "input": '{"product title": "red mug", "target attributes": "color"}',
    "output": '[{"attribute": "color", "value": "red", "source": "product title"}]',
    "split": "test",
}


@pytest.mark.parametrize(
    "answer",
    [
        {"input_field": f"Extract the attributes.\n{VALUES['input']}", "raw": VALUES["output"], "prediction": "red"},
        {"prompt": f"user\nExtract the attributes.\n{VALUES['input']}\nassistant", "predict": VALUES["output"]},
    ],
    ids=["shopbench predict", "llamafactory-cli"],
)
def test_attributes_are_scored_as_the_model_wrote_them(tmp_path, answer):
    reference, predictions = write(tmp_path / "reference.jsonl", [VALUES]), write(tmp_path / "p.jsonl", [answer])
    target = tmp_path / "scores.json"
    command = ["evaluate-ecinstruct", "--predictions", predictions, "--reference", reference, "--json", str(target)]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert orjson.loads(target.read_bytes())["Attribute_Value_Extraction"]["metrics"]["F1"] == pytest.approx(
        1, abs=1e-5
    )
