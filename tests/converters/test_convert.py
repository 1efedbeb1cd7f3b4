"""Conversions from file to file: what is written, what is drawn, what is reported."""

import json
import random

import pytest

from converters import workers
from converters.sources import json_files
from shopbench_plugin.core.errors import ShopBenchError
from tests.converters.conversions import read_lines, run, write, write_reviews


def list_reviews(lines):
    return [line["input"].split("Review ")[1].split(".")[0] for line in lines]


def test_seven_of_the_eight_tasks_are_written_twice(tmp_path, source):
    lines, report = run(tmp_path, source)

    assert len(lines) == 14
    assert all(list(line) == ["instruction", "input", "output"] for line in lines)
    assert report["rows"] == {
        "read": 8,
        "rejected": 0,
        "binary": 1,
        "other split": 0,
        "other setting": 0,
        "repeated": 0,
        "not sampled": 0,
        "converted": 7,
        "originals": 7,
        "dropped": 1,
        "sampled": 7,
        "written": 14,
    }
    assert sum(line["instruction"] == "Rank the products denoted as A, B, C, ..." for line in lines) == 1
    assert sum(line["instruction"] == "Rank the products denoted as 0, 1, 2, ..." for line in lines) == 1


def test_tasks_are_reported_sorted_by_their_type(tmp_path, source):
    _, report = run(tmp_path, source)

    assert [(task["type"], name) for name, task in report["tasks"].items()] == [
        ("multiple-choice", "Multiclass_Product_Classification"),
        ("multiple-choice", "Product_Relation_Prediction"),
        ("multiple-choice", "Sentiment_Analysis"),
        ("ranking", "Query_Product_Rank"),
        ("retrieval", "Sequential_Recommendation"),
        ("named_entity_recognition", "Attribute_Value_Extraction"),
        ("generation", "Answer_Generation"),
        ("binary", "Product_Matching"),
    ]


def test_originals_and_binary_tasks_are_a_choice(tmp_path, source):
    lines, _ = run(tmp_path, source, join_originals=False, keep_binary=True)

    assert len(lines) == 8
    assert {"yes", "no"} & {line["output"] for line in lines} == {"no"}


def test_the_originals_reported_are_those_that_are_written(tmp_path, record):
    question = {
        "input_field": "How is it?\n0. good\n1. bad\nAnswer: ",
        "output_field": 1,
        "task_type": "multiple-choice",
    }
    records = [record("Sentiment_Analysis"), question | {"task_name": "Sentiment_Analysis"}]
    lines, report = run(tmp_path, write(tmp_path / "s.jsonl", records))

    assert len(lines) == report["rows"]["written"] == 3
    assert report["tasks"]["Sentiment_Analysis"]["originals"] == 1


def test_splits_and_settings_are_a_choice(tmp_path, record):
    records = [
        record("Answer_Generation", input=f"{split} {setting}", split=split, setting=setting)
        for split in ("train", "val", "test")
        for setting in ("IND_Diverse_Instruction", "IND_Single_Instruction")
    ]
    source = write(tmp_path / "s.jsonl", records)
    lines, report = run(
        tmp_path, source, splits=("train", "test"), settings=("IND_Single_Instruction",), join_originals=False
    )

    assert sorted(line["input"] for line in lines) == [
        "test IND_Single_Instruction\nOutput: ",
        "train IND_Single_Instruction\nOutput: ",
    ]
    assert (report["rows"]["other split"], report["rows"]["other setting"]) == (2, 2)


def test_a_setting_is_known_where_the_rows_or_ecinstruct_have_it(tmp_path, record):
    source = write(tmp_path / "s.jsonl", [record("Answer_Generation", setting="mine")])
    lines, _ = run(tmp_path, source, settings=("mine", "OOD_Diverse_Instruction"), join_originals=False)

    assert len(lines) == 1
    with pytest.raises(ShopBenchError, match="--settings: unknown setting 'mind', did you mean 'mine'"):
        run(tmp_path, source, settings=("mine", "mind"))


def test_a_sample_is_the_same_for_every_order_and_form_of_the_source(tmp_path, record):
    lines = write_reviews(tmp_path / "s.jsonl", record, 300)
    records = read_lines(lines)
    random.Random(1).shuffle(records)
    array = tmp_path / "s.json"
    array.write_text(json.dumps(records), encoding="utf-8")
    first, report = run(tmp_path, lines, sample=100)
    second, _ = run(tmp_path, array, sample=100)

    assert first == second
    assert (report["rows"]["converted"], report["rows"]["not sampled"], len(first)) == (100, 200, 200)


def test_another_seed_draws_another_sample_in_another_order(tmp_path, record):
    source = write_reviews(tmp_path / "s.jsonl", record, 300)
    by_seed = [run(tmp_path, source, sample=100, seed=seed, join_originals=False)[0] for seed in (0, 1)]
    drawn = [set(list_reviews(lines)) for lines in by_seed]

    assert len(drawn[0]) == len(drawn[1]) == 100
    assert 15 < len(drawn[0] & drawn[1]) < 55  # a third of a third of 300, give or take


def test_reformatted_and_original_rows_are_shuffled_together(tmp_path, record):
    lines, _ = run(tmp_path, write_reviews(tmp_path / "s.jsonl", record, 200))
    half = [line for line in lines[:200] if line["output"] == "E: very negative"]

    assert 70 < len(half) < 130
    assert list_reviews(lines) != sorted(list_reviews(lines), key=int)


def test_more_processes_write_the_same_file(tmp_path, record, monkeypatch):
    source = write_reviews(tmp_path / "s.jsonl", record, 400)
    alone, _ = run(tmp_path, source, name="alone", sample=250)
    monkeypatch.setattr(json_files, "BLOCK_BYTES", 2_000)
    monkeypatch.setattr(workers, "_BLOCKS_ALONE", 1)
    monkeypatch.setattr(workers, "PROCESSES", 2)
    shared, _ = run(tmp_path, source, name="shared", sample=250)

    assert shared == alone


def test_repeats_are_counted_and_one_row_of_each_sample_left_on_request(tmp_path, record):
    first = record("Answer_Generation")
    records = [
        first,
        first,
        {**first, "setting": "IND_Single_Instruction", "instruction": "Reply."},
        record("Answer_Generation", input="other"),
    ]
    source = write(tmp_path / "s.jsonl", records)
    kept, report = run(tmp_path, source, join_originals=False)
    removed, report_of_removed = run(tmp_path, source, join_originals=False, remove_repeats=True)

    assert (len(kept), len(removed)) == (4, 2)
    assert report["repeats"] == {"exact": {"Answer_Generation": 1}, "same_sample": {"Answer_Generation": 1}}
    assert (report["rows"]["repeated"], report_of_removed["rows"]["repeated"]) == (0, 2)


def test_a_sample_in_two_splits_is_reported_as_a_leak_even_where_one_is_not_converted(tmp_path, record):
    records = [record("Answer_Generation", split=split) for split in ("train", "test", "test")]
    _, report = run(tmp_path, write(tmp_path / "s.jsonl", records), splits=("train",))

    assert report["leaks"] == [{"task": "Answer_Generation", "splits": "train/test", "samples": 1}]
    assert report["rows"]["converted"] == 1


def test_the_answers_and_the_longest_prompts_of_converted_rows_are_reported(tmp_path, record):
    records = [record("Sentiment_Analysis", input="x" * size, output=output) for size, output in ((9, "A"), (99, "E"))]
    _, report = run(tmp_path, write(tmp_path / "s.jsonl", records))

    assert report["answers"] == {"Sentiment_Analysis": {"1": 1, "5": 1}}
    assert [prompt["line"] for prompt in report["longest_prompts"]] == [2, 1]
    assert report["longest_prompts"][0]["task"] == "Sentiment_Analysis"


def test_sources_are_mixed_by_their_weights(tmp_path, record):
    questions = [
        {"input_field": f"Explain {number}.\nOutput: ", "output_field": "It is.", "task_type": "generation"}
        for number in range(200)
    ]
    ours = write_reviews(tmp_path / "s.jsonl", record, 300)
    theirs = write(tmp_path / "q.jsonl", questions)
    lines, report = run(tmp_path, ours, theirs, weights=(3, 1), sample=100)
    _, without_sample = run(tmp_path, ours, theirs, weights=(3, 1))

    assert report["by_source"] == {str(ours): 75, str(theirs): 25}
    assert len(lines) == 75 * 2 + 25  # a question in ShopBench's form is its own original
    assert without_sample["by_source"] == {str(ours): 300, str(theirs): 100}


def test_general_rows_of_alpaca_and_sharegpt_are_mixed_in_by_weight(tmp_path, record):
    alpaca = [{"instruction": f"Explain {number}.", "input": "", "output": "It is."} for number in range(50)]
    sharegpt = [
        {"conversations": [{"from": "human", "value": f"And {number}?"}, {"from": "gpt", "value": "Yes."}]}
        for number in range(50)
    ]
    ours = write_reviews(tmp_path / "s.jsonl", record, 300)
    general = [write(tmp_path / "alpaca.jsonl", alpaca), write(tmp_path / "sharegpt.jsonl", sharegpt)]
    _, report = run(tmp_path, ours, *general, weights=(3, 1, 1), sample=100)
    assert report["by_source"] == {str(ours): 60, str(general[0]): 20, str(general[1]): 20}


def test_a_weighed_source_without_a_row_is_the_one_that_is_named(tmp_path, record):
    ours = write_reviews(tmp_path / "s.jsonl", record, 30)
    empty = write(tmp_path / "empty.jsonl", [record("Product_Matching")])
    with pytest.raises(ShopBenchError, match=r"empty\.jsonl: no rows to convert \(all are invalid, not selected"):
        run(tmp_path, ours, empty, weights=(3, 1))
    _, with_sample = run(tmp_path, ours, empty, weights=(3, 1), sample=20)
    assert with_sample["by_source"] == {str(ours): 15}


def test_sources_without_weights_are_one_pool(tmp_path, record):
    sources = [write_reviews(tmp_path / f"{name}.jsonl", record, 50, setting=name) for name in ("a", "b")]
    _, report = run(tmp_path, *sources, sample=60)

    assert sum(report["by_source"].values()) == 60
    assert all(15 < rows < 45 for rows in report["by_source"].values())


def test_real_questions_in_shopbench_form_convert_without_a_reject(tmp_path, shopbench_style):
    lines, report = run(tmp_path, shopbench_style)

    assert (len(lines), report["rows"]["rejected"], report["rows"]["originals"]) == (2597, 0, 0)
