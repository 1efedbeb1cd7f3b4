"""Which language a question is asked in."""

import pytest

from shopbench_plugin.formats.questions import read_questions
from shopbench_plugin.language.detection import Language, detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Which of these goes with a kettle?\n0. cup\n1. hammer\nAnswer: ", "en"),
        ("Welche der folgenden Kategorien passt zu einem Teekessel?\n0. Tasse\n1. Hammer\nAntwort: ", "de"),
        ("¿Cuál de las siguientes categorías va con una tetera?\n0. taza\n1. martillo\nRespuesta: ", "es"),
        ("Quelle catégorie va le mieux avec une théière ?\n0. tasse\n1. marteau\nRéponse : ", "fr"),
        ("Quale delle seguenti categorie va con una teiera?\n0. tazza\n1. martello\nRisposta: ", "it"),
        ("やかんに合う商品カテゴリはどれですか。\n0. カップ\n1. ハンマー\n回答: ", "ja"),
        ("Erkläre den Produkttyp Teekessel", "de"),
        ("製品タイプ「やかん」を説明してください。", "ja"),
    ],
)
def test_the_language_is_that_of_the_instruction(text, language):
    assert detect_language(text) == Language(language)


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
    assert detect_language(text) == Language.ENGLISH


@pytest.mark.parametrize("text", ["", " \n", "42", "Kettle", "???", "die"])
def test_in_doubt_it_is_english(text):
    assert detect_language(text) == Language.ENGLISH


def test_a_german_question_about_an_english_review_is_german():
    text = (
        "Bewerte die folgende Rezension mit 1 bis 5.\nRezension: This is the best kettle that I have owned.\nAntwort: "
    )
    assert detect_language(text) == Language.GERMAN


def test_the_published_questions_are_all_english(shopbench_development, shopbench_style):
    questions = read_questions(shopbench_development) + read_questions(shopbench_style)
    assert {detect_language(question.input_field) for question in questions} == {Language.ENGLISH}
