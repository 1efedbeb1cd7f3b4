"""The languages that are there, and one that another package adds with a single YAML file."""

import importlib
import sys

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.yaml_files import read_yaml
from shopbench_plugin.language import detection, numerals, reading
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
"""


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
    yield package / "nl.yaml"
    sys.modules.pop("polder", None)
    monkeypatch.undo()
    forget()


def forget():
    """Let everything be read and compiled anew."""
    names = [name for name in sys.modules if name.startswith(("shopbench_plugin.routing", "shopbench_plugin.language"))]
    for module in [sys.modules[name] for name in names]:
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


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


def test_two_files_of_one_language_are_refused(dutch):
    dutch.write_text(DUTCH.replace("code: nl", "code: de"), encoding="utf-8")
    with pytest.raises(ShopBenchError, match="there is a language 'de' already; remove one of the two files"):
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
