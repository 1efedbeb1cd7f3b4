"""Rows against cutoff_len, with a tokenizer of one token a byte: which are too long, and what shortening leaves."""

import json

import pytest

from converters.convert import convert
from converters.lengths import LengthCheck, LengthSettings, pair_lengths
from converters.settings import ConversionSettings
from shopbench_plugin.cli.conversion_table import list_findings
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.rows import Example
from shopbench_plugin.models.chat_rendering import ChatTemplate
from shopbench_plugin.models.row_lengths import RowTokenizer

CHAT = (
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}|{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)
WORDS = " ".join(f"word{number:04}" for number in range(200))


@pytest.fixture
def model(tokenizer, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "tokenizer.json").write_bytes((tokenizer / "tokenizer.json").read_bytes())
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": CHAT}), encoding="utf-8")
    return folder


def fit(model, example, task_type, cutoff_len):
    return LengthCheck(LengthSettings(model, cutoff_len, cut_to_fit=True)).fit(example, task_type)


def run(tmp_path, source, lengths):
    settings = ConversionSettings((str(source),), lengths=lengths)
    findings = list(list_findings(convert(settings, tmp_path / "out", "set"), settings))
    lines = [json.loads(line) for line in (tmp_path / "out" / "set.jsonl").open(encoding="utf-8")]
    return lines, json.loads((tmp_path / "out" / "set.report.json").read_bytes()), findings


def test_a_row_is_measured_in_the_templates_markup_prompt_and_answer_apart(tmp_path):
    tokenizer = RowTokenizer(ChatTemplate(tmp_path, CHAT, {}), len)

    assert tokenizer.measure("Which?", "1") == (len("[user]Which?|[assistant]"), len("1|"))
    assert RowTokenizer(None, len).measure("Which?", "1") == (len("Which?"), len("1"))


@pytest.mark.parametrize(("cutoff_len", "is_over"), [(36, False), (35, True)])
def test_a_row_is_over_from_the_first_token_beyond(cutoff_len, is_over, model):
    example = Example("Which?", "0. a\n1. b", "1")

    assert LengthCheck(LengthSettings(model, cutoff_len)).measure(example) == (example, is_over, False)


def test_the_passage_loses_its_middle_and_options_instruction_and_cue_stay(model):
    options = "0. it broke\n1. it was late\nAnswer: "
    example = Example("What does the customer of this review complain about?", f"Review: {WORDS}\n{options}", "1")
    fitted = fit(model, example, TaskType.MULTIPLE_CHOICE, 600)

    assert (fitted.is_over, fitted.is_cut) == (False, True)
    assert fitted.example.instruction == example.instruction
    assert fitted.example.input.startswith("Review: word0000 word0001 ")
    assert " [...] " in fitted.example.input
    assert fitted.example.input.endswith(f" word0199\n{options}")
    assert fitted.example.output == "1"
    assert LengthCheck(LengthSettings(model, 600)).measure(fitted.example).is_over is False


def test_the_items_of_a_ranking_stay_and_the_row_is_counted(model):
    items = "\n".join(f"{number}. {WORDS[:400]}" for number in range(5))
    example = Example("Rank these products for the query 'kettle'.", f"{items}\nOutput: ", "0,1,2,3,4")

    assert fit(model, example, TaskType.RANKING, 600) == (example, True, False)


@pytest.mark.parametrize(("entity", "is_cut"), [("word0001", True), ("word0100", False)])
def test_an_entity_that_the_answer_copies_stays_in_its_row(entity, is_cut, model):
    example = Example("Extract the word of the product title.", f"Product title: {WORDS}\nOutput: ", entity)

    assert fit(model, example, TaskType.NAMED_ENTITY_RECOGNITION, 600).is_cut is is_cut


def test_the_report_and_the_terminal_tell_how_many_lines_exceed(tmp_path, record, model):
    source = tmp_path / "source.jsonl"
    rows = [record("Sentiment_Analysis", input=text) for text in ("It leaks.", WORDS)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    whole, report, findings = run(tmp_path, source, LengthSettings(model, 600))
    assert report["lengths"] == {
        "tokenizer": str(model),
        "cutoff_len": 600,
        "rows": 4,
        "rows_over": 2,
        "rows_cut": 0,
    }
    assert (
        f"too long: 2 of 4 lines exceed --cutoff-len 600 with the tokenizer in {model}; "
        "--cut-to-fit shortens their passages"
    ) in findings

    fitted, report, findings = run(tmp_path, source, LengthSettings(model, 600, cut_to_fit=True))
    assert report["lengths"]["rows_over"] == report["lengths"]["rows_cut"] == 1  # the original stays as it is
    assert "shortened: 1 rows were cut in the middle of their passage to fit 600 tokens" in findings
    assert [one["output"] for one in fitted] == [one["output"] for one in whole]
    assert sum(one != other for one, other in zip(fitted, whole, strict=True)) == 1


def test_a_length_without_a_tokenizer_is_refused(tmp_path):
    assert pair_lengths(None, None, cut_to_fit=False) is None
    assert pair_lengths(tmp_path, None, cut_to_fit=True) == LengthSettings(tmp_path, 2048, cut_to_fit=True)
    with pytest.raises(ShopBenchError, match="need --tokenizer"):
        pair_lengths(None, 512, cut_to_fit=False)
    with pytest.raises(ShopBenchError, match="need --tokenizer"):
        pair_lengths(None, None, cut_to_fit=True)
