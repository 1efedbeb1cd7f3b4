"""Which language a question is asked in."""

import pytest

from shopbench_plugin.routing import route


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Which of these goes with a kettle?\n0. cup\n1. hammer\nAnswer: ", "en"),
        ("Welche der folgenden Kategorien passt zu einem Teekessel?\n0. Tasse\n1. Hammer\nAntwort: ", "de"),
        ("¿Cuál de las siguientes categorías va con una tetera?\n0. taza\n1. martillo\nRespuesta: ", "es"),
        ("Quelle catégorie va le mieux avec une théière ?\n0. tasse\n1. marteau\nRéponse : ", "fr"),
        ("Quale delle seguenti categorie va con una teiera?\n0. tazza\n1. martello\nRisposta: ", "it"),
        ("やかんに合う商品カテゴリはどれですか。\n0. カップ\n1. ハンマー\n回答: ", "ja"),
        ("哪个商品类别最适合与茶壶搭配？\n0. 杯子\n1. 锤子\n答案：", "zh"),
        ("Qual das seguintes categorias combina com uma chaleira?\n0. xícara\n1. martelo\nResposta: ", "pt"),
        ("Erkläre den Produkttyp Teekessel", "de"),
        ("製品タイプ「やかん」を説明してください。", "ja"),
    ],
)
def test_the_language_is_that_of_the_instruction(text, language):
    assert route(text).language == language


@pytest.mark.parametrize(
    "text",
    [
        "Translate the title 'Der kleine Kessel für die ganze Familie und das Büro' into English.",
        "Which keywords suit this product?\nProduct Title: Der Kessel für die Küche und das Büro, mit Deckel\n",
        "Which of these sets describes the product? Product Title: Une théière pour la maison et le bureau",
        "Explain the product type ティーポット",
        "Which description is of the same product?\n0. ein Kessel für die Küche\n1. お湯を沸かすためのやかん\nAnswer: ",
    ],
)
def test_an_english_question_about_a_foreign_product_is_english(text):
    assert route(text).language == "en"


@pytest.mark.parametrize("text", ["", " \n", "42", "Kettle", "???", "die"])
def test_in_doubt_it_is_english(text):
    assert route(text).language == "en"


def test_a_german_question_about_an_english_review_is_german():
    text = (
        "Bewerte die folgende Rezension mit 1 bis 5.\nRezension: This is the best kettle that I have owned.\nAntwort: "
    )
    assert route(text).language == "de"
