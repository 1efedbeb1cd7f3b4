"""Looking wordings up by the beginnings of words finds what their regular expression finds."""

from dataclasses import fields

import pytest

from shopbench_plugin.language.cue_search import CueSearch, WordedText
from shopbench_plugin.language.reading import compile_cue
from shopbench_plugin.language.record import Wording

TEXTS = (
    "",
    "Rank the items from the most relevant to the least relevant.",
    "RE-RANK THESE PRODUCTS, AND LIST THE CHEAPEST ONE FIRST",
    "Select the three best products; separate the numbers by commas.",
    "unranked, a prelist, whichever, unsorted lists' ends",
    "\u017felect, L\u0130ST, l\u0131st, \u017fort: letters that a search takes for others",
    "Wähle die passende Option und sortiere vom größten zum kleinsten, das beste zuerst. ÜBERSETZE SIE!",
    "Ordena los productos de mayor a menor. ¿Cuál es la marca en la consulta?",
    "Classez les produits, puis résumez l'avis ; EXPLIQUEZ.",
    "商品を人気の高い順に並べ替えて、番号で答えてください。ブランドを抽出",
    "请从查询中提取品牌，并把商品按价格排序。",
    "Which brand is in the query?\nExtract it. What colour\nWhat is 色?",
)
NAMES = [field.name for field in fields(Wording)]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "counts"])  # those have a place for a number
def test_every_wording_is_found_as_its_regular_expression_finds_it(name):
    def choose(language):
        return getattr(language.wording, name)

    search, expression = CueSearch(choose), compile_cue(choose)
    texts = [*TEXTS, *(word for text in TEXTS for word in text.split())]
    assert [text for text in texts if search.occurs(WordedText(text))] == [
        text for text in texts if expression.search(text)
    ]
