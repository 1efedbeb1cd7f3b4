"""The language a question is asked in, told from its own wording."""

import re
from enum import StrEnum

from shopbench_plugin.routing.layout import read_layout


class Language(StrEnum):
    """The languages of ShopBench."""

    ENGLISH = "en"
    GERMAN = "de"
    SPANISH = "es"
    FRENCH = "fr"
    ITALIAN = "it"
    JAPANESE = "ja"


_FUNCTION_WORDS = {
    Language.ENGLISH: "the of which what is are this that with for and from you your to by given following should "
    "please only not these those does do than it its how when who why has have was were would may "
    "can explain tell",
    Language.GERMAN: "der die das den dem des welche welcher welches welchen was ist sind wird ein eine einen "
    "einem einer und oder mit für von vom zu zum zur im auf aus bei nach wie bitte nur nicht sie "
    "ihre ihrer folgenden folgende dieses diese dieser am als über keine gib wähle ordne bewerte "
    "nenne schreibe übersetze erkläre beschreibe",
    Language.SPANISH: "el la los las un una unos unas de del al y o que qué cuál cuáles es son con para por en se "
    "su sus este esta estos estas siguiente siguientes según como cómo no más solo sólo favor "
    "usted tu indica elige selecciona ordena escribe traduce explica describe",
    Language.FRENCH: "le la les un une des du de au aux et ou que quel quelle quels quelles est sont avec pour par "
    "en dans sur se ce cette ces suivant suivante suivants suivantes selon ne pas plus veuillez "
    "seulement vous votre vos qui comme choisissez choisis indiquez classez traduisez expliquez "
    "décrivez donnez",
    Language.ITALIAN: "il lo la i gli le un una uno di del della dei delle dello degli al alla e o che quale quali "
    "è sono con per da dal dalla nel nella in si questo questa questi queste seguente seguenti "
    "secondo non più solo come cosa scegli indica ordina scrivi traduci spiega descrivi seleziona",
}
_WORD_SETS = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")
_END_OF_SENTENCE = re.compile(r"[.?!:\n]")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa]")
_FEWEST_HITS = 2
_FEWEST_KANA = 4


def detect_language(text: str) -> Language:
    """Return the language of a question's instruction; English wherever that is in doubt.

    What the question is about (titles in quotation marks, reviews, descriptions, list items) doesn't count: an
    English question about a German product is an English question. It is English when its first sentence is, and
    when it has two different English function words and no other language has more than twice as many.
    """
    instruction = read_layout(text).instruction.strip()
    opening = _count_function_words(_END_OF_SENTENCE.split(instruction, maxsplit=1)[0])
    hits = _count_function_words(instruction)
    best = max(hits, key=lambda language: hits[language])
    english = hits.pop(Language.ENGLISH)
    if opening[Language.ENGLISH] >= max(_FEWEST_HITS, *opening.values()):
        return Language.ENGLISH
    if english >= _FEWEST_HITS and max(hits.values()) <= 2 * english:
        return Language.ENGLISH
    if len(_KANA.findall(instruction)) >= _FEWEST_KANA and hits.get(best, 0) <= _FEWEST_HITS:
        return Language.JAPANESE
    return best if hits.get(best, 0) >= _FEWEST_HITS else Language.ENGLISH


def _count_function_words(text: str) -> dict[Language, int]:
    words = {word.casefold() for word in _WORD.findall(text)}
    return {language: len(words & known) for language, known in _WORD_SETS.items()}
