"""Shopping MMLU's evaluator: worked values, and its own functions if SHOPPING_MMLU names a checkout."""

import copy
import importlib.util
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopbench_plugin.core.embedding_models import ENGLISH_MODEL
from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.scoring import ScoringSettings, evaluate, score_answer
from shopbench_plugin.scoring.encoders import load_encoder

MMLU = ScoringSettings(evaluator="shopping-mmlu", resamples=0)
CHOICE, RETRIEVAL, RANKING = TaskType.MULTIPLE_CHOICE, TaskType.RETRIEVAL, TaskType.RANKING
ENTITIES, GENERATION = TaskType.NAMED_ENTITY_RECOGNITION, TaskType.GENERATION
BEST_IS_SEVEN = [0, 0, 0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("task_type", "reference", "answer", "scores"),
    [
        (CHOICE, 2, "2", (1, 1)),
        (CHOICE, 2, "\n2", (0, 1)),
        (CHOICE, 2, "  2. pan", (1, 1)),
        (CHOICE, 2, "٢", (0, 1)),
        (RETRIEVAL, [1, 2, 3], "1,2,3", (1, 1)),
        (RETRIEVAL, [1, 2, 3], "[1,2,3]", (1 / 3, 1)),
        (RETRIEVAL, [1, 2, 3], "The answer is 1, 2, 3", (2 / 3, 1)),
        (RETRIEVAL, [1, 2, 3], "1,\n2,3", (1, 1)),
        (RETRIEVAL, [1, 2, 3], "item1,item2,item3", (0, 1)),
        (RETRIEVAL, [1], "-1", (0, 1)),
        (RANKING, [1, 0.1, 0.01, 0, 0], "1,2,3,4,5", (1, 1)),
        (RANKING, [1, 0.1, 0.01, 0, 0], "[1,2,3,4,5]", (0.0726, 1)),
        (RANKING, [1, 0, 0, 0, 0], "1,1,1,1,1", (2.948, 0)),
        (RANKING, BEST_IS_SEVEN, "7,1,2,3,4,5,6,8", (1, 0)),
        (RANKING, [0, 0, 1], "0", (1, 1)),
        (RANKING, [1, 0, 0], "-2", (1, 0)),
        (RANKING, [1, 0, 0], "-3,1", (0.6309, 0)),
        (RANKING, [0, 0, 0], "1,2,3", (0, 0)),
        (ENTITIES, ["red", "blue"], "red, blue", (1, 1)),
        (ENTITIES, ["red", "blue"], "['red', 'blue']", (0, 1)),
        (ENTITIES, ["red", "blue"], "Red\nblue", (2 / 3, 0)),
        (ENTITIES, ["red"], "red, ,", (2 / 3, 1)),
        (ENTITIES, ["red"], "", (0, 0)),
        (GENERATION, "wool scarf", " \nwool scarf", (1, 1)),
    ],
)
def test_one_answer_has_two_scores(answered, task_type, reference, answer, scores):
    question = answered("", reference, task_type=task_type).question
    assert score_answer(question, answer, MMLU) == pytest.approx(scores[0], abs=6e-4)
    if "-" not in answer or task_type is not RANKING:  # there the kit drops the sign, and reads another item
        assert score_answer(question, answer) == pytest.approx(scores[1], abs=6e-4)


def test_bleu_reads_the_first_line_before_it_strips_blanks(answered):
    question = answered("", "a soft blue wool scarf", task_type=GENERATION, metric="bleu").question
    assert score_answer(question, "\n\na soft blue wool scarf\nnote", MMLU) == pytest.approx(1)
    assert score_answer(question, " \na soft blue wool scarf", MMLU) == 0
    assert score_answer(question, " \na soft blue wool scarf") == pytest.approx(1)


def test_letters_are_labels(answered):
    assert score_answer(answered("", "B").question, "B. pan", MMLU) == 1


def test_nothing_is_cut_off_a_long_answer(answered):
    question = answered("", [1], task_type=RETRIEVAL).question
    assert score_answer(question, " " * 6_000 + "1", MMLU) == 1
    assert score_answer(question, " " * 6_000 + "1") == 0


def test_a_task_pools_its_counts_and_a_skill_averages_its_tasks(answered):
    rows = [
        answered("red", ["red"], task="ner", task_type=ENTITIES),
        answered("a, b, c", ["green"], task="ner", task_type=ENTITIES),
        answered("1", task="choice"),
    ]
    evaluation = evaluate(rows, ScoringSettings(evaluator="shopping-mmlu", resamples=200))
    assert evaluation.tasks["ner"].score == pytest.approx(2 / (2 + 3 + 1))
    assert evaluation.tracks["track-a"].score == pytest.approx((1 / 3 + 1) / 2)
    assert evaluation.tracks["track-a"].interval is not None


def test_a_task_without_any_entity_scores_0(answered):
    assert evaluate([answered("", [], task_type=ENTITIES)], MMLU).overall.score == 0


@pytest.fixture(scope="module")
def oracle():
    """The repository's own metrics.py, with the two packages that it imports and these tests do without replaced."""
    folder = os.environ.get("SHOPPING_MMLU")
    if not folder:
        pytest.skip("SHOPPING_MMLU names no checkout of KL4805/ShoppingMMLU")
    sacrebleu = pytest.importorskip("sacrebleu")

    def compute(predictions, references, **options):
        return {"score": sacrebleu.corpus_bleu(predictions, [[one] for [one] in references], **options).score}

    doubles = {
        "evaluate": SimpleNamespace(load=lambda _: SimpleNamespace(compute=compute)),
        "sentence_transformers": SimpleNamespace(SentenceTransformer=None),
    }
    kept = {name: sys.modules.get(name) for name in doubles}
    sys.modules.update(doubles)
    try:
        path = Path(folder) / "skill_wise_eval" / "metrics.py"
        spec = importlib.util.spec_from_file_location("shopping_mmlu_metrics", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        for name, value in kept.items():
            sys.modules.pop(name) if value is None else sys.modules.update({name: value})
    return module


PIECES = st.sampled_from(
    [
        *"0123456789",
        ",",
        ", ",
        " ",
        "\n",
        "\r",
        "\t",
        "-",
        "+",
        "_",
        ".",
        "[",
        "]",
        "'",
        '"',
        "red",
        "Blue",
        "²",
        "٣",
        "\u3000",
    ]
)
ANSWERS = st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=30).map("".join))
WEIGHTS = st.lists(st.sampled_from([0, 0.01, 0.1, 1, 1.0, 3, 62]), min_size=1, max_size=8)
NAMES = st.lists(st.sampled_from(["red", "Blue", " red", "", "a, b"]), max_size=4)
EXAMPLES = settings(max_examples=300, deadline=None)


def score(reference, answer, task_type, metric=None):
    names = {CHOICE: "accuracy", RETRIEVAL: "hit rate@3", RANKING: "ndcg", ENTITIES: "micro f1"}
    question = Question("q", None, reference, "task", task_type, metric or names[task_type])
    return score_answer(question, answer, MMLU)


@EXAMPLES
@given(ANSWERS, st.one_of(st.integers(-1, 12), st.sampled_from(["A", "b", "10", " "])))
def test_choices_equal_its_function(oracle, answer, reference):
    assert score(reference, answer, CHOICE) == oracle.accuracy(answer, str(reference))


@EXAMPLES
@given(ANSWERS, st.lists(st.integers(-2, 12), min_size=1, max_size=5))
def test_retrievals_equal_its_function(oracle, answer, reference):
    assert score(reference, answer, RETRIEVAL) == pytest.approx(oracle.hit_rate(answer, reference), abs=1e-9)


@EXAMPLES
@given(ANSWERS, WEIGHTS)
def test_rankings_equal_its_function_or_the_stated_value(oracle, answer, weights):
    ours = score(weights, answer, RANKING)
    with np.errstate(all="ignore"):
        try:
            theirs = oracle.ndcg_eval(answer, copy.copy(weights))
        except IndexError:  # an item far below zero
            return
    assert ours == pytest.approx(0 if np.isnan(theirs) else theirs, abs=1e-9)


@EXAMPLES
@given(st.lists(st.tuples(ANSWERS, NAMES), min_size=1, max_size=4))
def test_entities_equal_its_functions(oracle, rows):
    fields = {"input_field": "q", "task_name": "task", "task_type": ENTITIES.value, "metric": "micro f1"}
    ours = evaluate([fields | {"output_field": names, "prediction": answer} for answer, names in rows], MMLU)
    counts = [oracle.tp_fp_fn(answer, names) for answer, names in rows]
    try:
        expected = oracle.compute_f1_score(counts)
    except ZeroDivisionError:
        expected = 0
    assert ours.overall.score == pytest.approx(expected, abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(ANSWERS, st.text(min_size=1, max_size=20), st.sampled_from(["rougel", "bleu", "jp-bleu"]))
def test_texts_equal_its_functions(oracle, answer, reference, metric):
    expected = (
        oracle.rougel(answer, reference)
        if metric == "rougel"
        else oracle.bleu(answer, reference, jp=metric == "jp-bleu")
    )
    assert score(reference, answer, GENERATION, metric) == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    "reference", ["a red wool scarf", ["a red wool scarf", "赤いマフラー", ""], ["x", "kettle 1.7 l"]]
)
@pytest.mark.parametrize(
    "answer", ["a scarf of red wool", "", " \n", "scarf " * 300, "Wasserkocher, 1,7 l", "赤い\u3000傘"]
)
def test_embeddings_equal_its_function_with_the_same_encoder(oracle, answer, reference):
    encoder = load_encoder(ENGLISH_MODEL)
    expected = oracle.sent_transformer(answer, reference, encoder)
    assert score(reference, answer, GENERATION, "sent-transformer") == pytest.approx(float(expected), abs=1e-6)
