"""ECInstruct's own metrics, one small table of answers each."""

import json
from math import log2

import pytest

from shopbench_plugin.ecinstruct.tasks import TASKS
from shopbench_plugin.scoring.ecinstruct import EcInstructAnswer, score_ecinstruct


def score(task, pairs, setting="IND_Diverse_Instruction", esci=()):
    answers = [EcInstructAnswer(task, setting, reference, prediction, esci) for reference, prediction in pairs]
    return score_ecinstruct(answers)[task, setting]


def triple(attribute, value, source="product title"):
    return {"attribute": attribute, "value": value, "source": source}


def test_classes_are_read_from_the_first_character_and_other_answers_left_out():
    found = score("Sentiment_Analysis", [("A: fine", "A"), ("B", " B: so so"), ("B", "A"), ("A", "F"), ("A", "")])
    assert found.metrics["accuracy"] == pytest.approx(2 / 3)
    assert found.metrics["macro F1"] == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert (found.questions, found.invalid) == (5, 2)


def test_macro_f1_counts_labels_that_only_the_answers_hold():
    assert score("Product_Relation_Prediction", [("A", "A"), ("A", "C")]).metrics["macro F1"] == pytest.approx(1 / 3)


def test_converted_rows_are_read_in_numbers():
    found = score("Sentiment_Analysis", [("4", "4"), ("0: poor", "0"), ("1", "B"), ("1", "7")])
    assert (found.metrics["accuracy"], found.invalid) == (1.0, 2)


def test_yes_and_no_are_read_in_any_case():
    found = score("Product_Matching", [("yes", "Yes "), ("no", "yes"), ("no", "NO"), ("yes", "yes.")])
    assert found.metrics == {"accuracy": pytest.approx(2 / 3), "F1": pytest.approx(2 / 3)}
    assert found.invalid == 1


def test_a_recommendation_has_to_be_the_label_alone():
    found = score("Sequential_Recommendation", [("T", "T"), ("A", "B"), ("A", "A: a hat"), ("C", "U")])
    assert (found.metrics["recall@1"], found.invalid) == (0.5, 2)


def test_a_ranking_is_normalised_over_the_items_answered():
    found = score("Query_Product_Rank", [("A,B,C", "A,B,C"), ("A,B,C", "C,A"), ("A,B,C", "B,x")], esci=("E", "S", "I"))
    small = 2**0.1 - 1
    expected = [
        (1 + small / log2(3)) / (1 + small / log2(3) + 1e-6),
        (1 / log2(3)) / (1 + 1e-6),
        small / (small + 1e-6),
    ]
    assert found.metrics["NDCG"] == pytest.approx(sum(expected) / 3)
    assert found.invalid == 1


def test_a_ranking_without_esci_labels_is_not_scored():
    found = score("Query_Product_Rank", [("A,B", "A,B")])
    assert (found.metrics, found.reason) == ({}, "the rows do not have their items' ESCI labels")


def test_attributes_are_scored_over_all_rows():
    pairs = [
        (json.dumps([triple("colour", "red"), triple("size", "None")]), json.dumps([triple("colour", "red")])),
        (json.dumps([triple("size", "9")]), json.dumps([triple("size", "10"), triple("size", "9")])),
        (json.dumps([triple("size", "9")]), "size 9"),
    ]
    found = score("Attribute_Value_Extraction", pairs)
    assert found.metrics["precision"] == pytest.approx(2 / 3)
    assert found.metrics["recall"] == pytest.approx(2 / 4)
    assert found.metrics["F1"] == pytest.approx(4 / 7, abs=1e-5)
    assert found.invalid == 1


def test_out_of_domain_a_part_of_the_value_is_enough():
    pairs = [(json.dumps([triple("colour", "dark red")]), json.dumps([triple("colour", "red", "title")]))]
    assert score("Attribute_Value_Extraction", pairs).metrics["F1"] == 0.0
    loose = score("Attribute_Value_Extraction", pairs, setting="OOD_Diverse_Instruction")
    assert loose.metrics["F1"] == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    "garbage", ["", "[", "{}", "3", "null", '["attribute"]', '[{"attribute": null}]', "[" * 20_000]
)
@pytest.mark.parametrize("task", [task.name for task in TASKS])
def test_garbage_scores_nothing_and_breaks_nothing(task, garbage):
    reference = json.dumps([triple("size", "9")]) if task == "Attribute_Value_Extraction" else "A"
    metrics = score(task, [(reference, garbage)], esci=("E",)).metrics
    assert all(value == 0 for value in metrics.values())


def test_answer_generation_is_reported_as_not_scored():
    found = score("Answer_Generation", [("two litres", "two litres")])
    assert (found.metrics, found.questions) == ({}, 1)
    assert "BERTScore" in found.reason


def test_each_setting_of_a_task_is_scored_alone():
    rows = [("Product_Matching", "IND"), ("Sentiment_Analysis", "IND"), ("Product_Matching", "OOD")]
    answers = [EcInstructAnswer(task, setting, "yes", "yes" if setting == "IND" else "no") for task, setting in rows]
    scores = score_ecinstruct(answers)
    assert list(scores) == [rows[0], rows[2], rows[1]]
    assert [scores[rows[place]].metrics["accuracy"] for place in (0, 2)] == [1.0, 0.0]


@pytest.mark.parametrize("missing", ["value", "source"])
def test_a_triple_of_the_reference_without_value_or_source_is_hit_by_none(missing):
    broken = {name: text for name, text in triple("colour", "red").items() if name != missing}
    pairs = [(json.dumps([broken]), json.dumps([triple("colour", "red")]))]
    assert score("Attribute_Value_Extraction", pairs).metrics == {"precision": 0.0, "recall": 0.0, "F1": 0.0}
