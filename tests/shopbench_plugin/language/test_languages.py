"""The languages that are there, and one that another package adds with a single YAML file."""

import importlib
import re
import sys

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.yaml_files import read_yaml
from shopbench_plugin.language import detection, numerals, reading
from shopbench_plugin.language.phrases import phrase_pattern
from shopbench_plugin.language.reading import read_languages
from shopbench_plugin.language.record import Language

DUTCH = """\
code: nl
name: Dutch
has_blanks: true
function_words: de het een en van welke zijn kies uit voor alle rangschik volgende producten
numerals: [nul, een, twee, drie, vier]
sentences:
  multiple_choice: Geef alleen het nummer of de letter van het juiste antwoord.
  ranking: Geef alleen de nummers van alle producten op volgorde.
  retrieval: Geef alleen de nummers van de gekozen producten.
  named_entity_recognition: Geef alleen de gevraagde woorden van de tekst.
  generation: Geef alleen de gevraagde tekst, op één regel.
  chain_of_thought: Denk eerst kort na, en schrijf dan een streep en het nummer - gedachte|nummer
wording:
  order: [rangschik]
  listing: [lijst, volgende]
  choice: [kies]
  choosing: [kies]
speech:
  'yes': [ja, klopt]
  'no': [nee]
  negations: [niet, geen]
  options: [optie]
  ordinals:
    - [eerst(e)]
    - [tweede]
  last: [laatste]
  articles: [de, het]
  answers: [antwoord]
  copulas: [is]
"""
COMPILED = re.compile(r"shopbench_plugin\.(postprocess|routing|language\.(detection|arithmetic))\b").match
"""Matches the modules that compile the words of all languages when they are imported."""


@pytest.fixture
def dutch(tmp_path, monkeypatch):
    """A package outside of the project that holds one YAML file, and names itself in an entry point."""
    package = tmp_path / "polder"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "nl.yaml").write_text(DUTCH, encoding="utf-8")
    about = tmp_path / "polder-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: polder\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{reading.GROUP}]\npolder = polder\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    forget()
    for name in sorted(filter(COMPILED, sys.modules), reverse=True):
        parent, _, module = name.rpartition(".")
        monkeypatch.setattr(sys.modules[parent], module, sys.modules[name])  # to be there again afterwards
        monkeypatch.delitem(sys.modules, name)
    yield package / "nl.yaml"
    sys.modules.pop("polder", None)
    monkeypatch.undo()
    forget()


def forget():
    """Let everything be read anew."""
    reading.read_languages.cache_clear()
    numerals.number_words.cache_clear()


def test_the_project_has_eight_languages_english_first():
    assert list(read_languages()) == ["en", "de", "es", "fr", "it", "ja", "pt", "zh"]


def test_a_language_from_another_package_is_read_detected_and_answered_in(dutch):
    from shopbench_plugin.prompting.messages import build_messages
    from shopbench_plugin.routing import route

    routed = route("Kies twee producten uit de volgende lijst voor een kok.\n1. pan\n2. touw\n3. lepel\n4. boor")
    assert (routed.language, routed.task_type, routed.answer_space.count) == ("nl", "retrieval", 2)
    assert build_messages(routed)[-1].content.startswith("Geef alleen de nummers van de gekozen producten.\n\nKies")
    ranked = route("Rangschik de volgende producten.\n1. pan\n2. touw\n3. lepel")
    assert (ranked.task_type, ranked.answer_space.count) == ("ranking", 3)


@pytest.mark.parametrize(
    ("options", "raw", "expected"),
    [
        (("pan", "touw", "lepel"), "De tweede optie.", "1"),
        (("pan", "touw", "lepel"), "Optie 0 niet, het is de laatste optie.", "2"),
        (("yes", "no"), "Nee, dat past er niet bij.", "1"),
        (("no", "yes"), "Klopt.", "1"),
    ],
)
def test_an_answer_in_a_language_from_another_package_is_read(dutch, options, raw, expected):
    from shopbench_plugin.postprocess import repair
    from shopbench_plugin.routing import route

    listed = "\n".join(f"{number}. {text}" for number, text in enumerate(options))
    assert repair(raw, route(f"Kies een van de volgende opties.\n{listed}", is_multiple_choice=True)) == expected


@pytest.mark.parametrize(
    ("phrase", "found", "others"),
    [
        ("correct(e)", ["correct", "Correcte"], ["correctement"]),
        ("d(e/u/) vin", ["de vin", "du vin", "d vin"], ["da vin"]),
        ("richtig*", ["richtig", "richtiges"], ["rich"]),
        ("can't", ["can’t", "can't"], ["cant"]),
        ("from ... to", ["from 3 or 4 to"], ["from 3. to", "from 3 tools"]),
        ("n/a", ["n/a"], ["n"]),
        (r"\(least\)", ["(least)"], ["least"]),
        ("car {number}", ["car 2", "car \0"], ["car red"]),
    ],
)
def test_the_notation_of_phrases(phrase, found, others):
    pattern = re.compile(rf"{phrase_pattern(phrase)}(?:\Z|\b(?=\d)|(?=\0))", re.IGNORECASE)
    assert [text for text in (*found, *others) if pattern.match(text)] == found


def test_two_files_of_one_language_are_refused(dutch):
    dutch.write_text(DUTCH.replace("code: nl", "code: de"), encoding="utf-8")
    with pytest.raises(ShopBenchError, match="language 'de' is already defined; remove one of the two files"):
        read_languages()


def test_a_misspelt_key_is_named(tmp_path):
    path = tmp_path / "nl.yaml"
    path.write_text(DUTCH.replace("numerals:", "numeral:"), encoding="utf-8")
    with pytest.raises(ShopBenchError, match="'numeral' is an unknown key, did you mean 'numerals'"):
        read_yaml(path, Language)


@pytest.mark.parametrize("word", ["drei", "três", "三", "trois", "fifteen"])
def test_number_words_of_all_languages_are_known(word):
    assert numerals.parse_number(word) == {"fifteen": 15}.get(word, 3)


def test_a_script_tells_a_language_without_blanks():
    assert detection.detect_language("请选出最合适的商品") == "zh"
    assert detection.detect_language("商品を選んでください") == "ja"
