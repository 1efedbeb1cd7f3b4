"""Questions that ask for arithmetic or units are told by their wording, in every language."""

from pathlib import Path

import pytest

from shopbench_plugin.core.vocabulary import Question
from shopbench_plugin.formats.questions import read_questions
from shopbench_plugin.language.arithmetic import asks_for_arithmetic
from shopbench_plugin.language.reading import read_languages
from shopbench_plugin.routing import route_question

OPTIONS = "\n0. 12\n1. 24\n2. It cannot be inferred.\n3. 36 ounces\nAnswer: "
ASKED = {
    "en": "The product 'Noodles, 6 oz (Pack of 6)' is sold. What is the total weight of the noodles?",
    "de": "Das Produkt 'Nudeln, 200 g (6er-Pack)' wird verkauft. Wie viel wiegen alle Nudeln insgesamt?",
    "fr": "Le produit 'Nouilles, 200 g (lot de 6)' est en vente. Combien pèsent toutes les nouilles ?",
    "es": "Se vende el producto 'Fideos, 200 g (6 paquetes)'. ¿Cuánto pesan todos los fideos?",
    "it": "È in vendita il prodotto 'Spaghetti, 200 g (6 confezioni)'. Quanto pesano tutti gli spaghetti?",
    "pt": "O produto 'Massa, 200 g (6 pacotes)' está à venda. Qual é o peso total da massa?",
    "ja": "商品「ラーメン 200g 6袋」があります。合計の重さはどれですか。",
    "zh": "商品「面条 200克 6包」在网上出售。总共重多少克？",
}
NOT_ASKED = {
    "en": "Which of the following product categories may have the attribute power source?",
    "de": "Welche der folgenden Kategorien passt am besten zu diesem Produkt?",
    "fr": "Laquelle des catégories suivantes convient au produit ?",
    "es": "¿Cuál de las siguientes categorías corresponde al producto?",
    "it": "Quale delle seguenti categorie si adatta al prodotto?",
    "pt": "Qual das seguintes categorias combina com o produto?",
    "ja": "次のカテゴリーのうち、この商品に合うものはどれですか。",
    "zh": "以下哪个类别适合这个商品？",
}


def asks(text: str) -> bool:
    return asks_for_arithmetic(route_question(Question(text, is_multiple_choice=True)))


def test_every_language_is_tried() -> None:
    assert ASKED.keys() == NOT_ASKED.keys() == read_languages().keys()


@pytest.mark.parametrize("language", ASKED)
def test_arithmetic_is_told_from_other_questions_with_numbers_as_options(language: str) -> None:
    assert asks(ASKED[language] + OPTIONS)
    assert not asks(NOT_ASKED[language] + OPTIONS)


@pytest.mark.parametrize(
    "text",
    [
        "How many colours does it come in?\n0. red and blue\n1. green\nAnswer: ",
        "Evaluate the review on a scale of 1 to 5.\nReview: How many parts broke? Five in total.\nAnswer: ",
        "What does it cost in total?",
    ],
)
def test_without_numbers_to_choose_among_nothing_is_calculated(text: str) -> None:
    assert not asks(text)


def test_of_the_development_questions_those_about_numbers_are_found(shopbench_development: Path) -> None:
    questions = read_questions(shopbench_development)
    found = [one.task_name for one in questions if asks_for_arithmetic(route_question(one))]
    assert found == ["task8"] * 8
    assert sum(one.task_name == "task8" for one in questions) == 8
