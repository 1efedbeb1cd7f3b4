"""ROUGE-L and BLEU as the evaluator calls them: values worked out by hand, and the libraries' one-off functions."""

import math
from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopbench_plugin.scoring.text_metrics import score_bleu, score_rouge_l

pytestmark = pytest.mark.skipif(
    not (find_spec("sacrebleu") and find_spec("rouge_score")), reason="needs sacrebleu and rouge_score"
)

WORDS = st.lists(
    st.sampled_from(["the", "Shoes", "running", "runs", "9.7", "&amp;", "ñandú", "革靴", "\n", ","]), max_size=9
)
TEXTS = WORDS.map(" ".join)


def test_rouge_l_compares_stems():
    assert score_rouge_l("running shoes", "runs shoe") == 1.0


def test_rouge_l_is_the_f_measure_of_the_longest_common_subsequence():
    assert score_rouge_l("soft blue scarf", "blue wool scarf here") == pytest.approx(
        2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4)
    )


def test_rouge_l_sees_latin_letters_and_digits_only():
    assert score_rouge_l("革靴", "革靴") == 0.0


def test_bleu_of_the_reference_is_one_in_any_case():
    assert score_bleu("Soft Blue Wool Scarf", "soft blue wool scarf") == pytest.approx(1.0)


def test_bleu_below_four_tokens_is_zero():
    assert score_bleu("blue scarf", "blue scarf") == 0.0


def test_bleu_reads_the_first_line_with_text():
    assert score_bleu("\nsoft blue wool scarf\nA fine choice.", "soft blue wool scarf") == pytest.approx(1.0)


def test_bleu_smooths_orders_without_a_match():
    # 3 of 4 words, 2 of 3 pairs, 1 of 2 triples, and 0 of 1 quadruples, which counts as half a match
    expected = math.exp((math.log(3 / 4) + math.log(2 / 3) + math.log(1 / 2) + math.log(1 / 2)) / 4)
    assert score_bleu("soft blue wool hat", "soft blue wool scarf") == pytest.approx(expected)


def test_japanese_is_cut_into_words():
    pytest.importorskip("MeCab")
    text = "柔らかい青いウールのマフラー"
    assert score_bleu(text, text, is_japanese=True) == pytest.approx(1.0)
    assert score_bleu(text, text) == 0.0  # one token without the Japanese tokenizer


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS)
def test_the_values_are_those_of_the_libraries_one_off_functions(text, reference):
    import sacrebleu
    from rouge_score import rouge_scorer

    rouge = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True).score(reference, text)["rougeL"].fmeasure
    first_line = text.strip("\n").partition("\n")[0]
    bleu = sacrebleu.corpus_bleu([first_line], [[reference]], lowercase=True).score / 100
    assert score_rouge_l(text, reference) == pytest.approx(rouge, abs=1e-12)
    assert score_bleu(text, reference) == pytest.approx(bleu, abs=1e-12)
