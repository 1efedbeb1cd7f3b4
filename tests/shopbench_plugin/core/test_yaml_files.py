"""How strict YAML is read, and that all its problems come at once."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.yaml_files import STRICT, read_yaml


@dataclass(frozen=True)
class Shelf:
    width: int
    labels: tuple[str, ...] = ()

    __pydantic_config__ = STRICT


@dataclass(frozen=True)
class Shop:
    name: str
    shelves: dict[str, Shelf] = field(default_factory=dict)

    __pydantic_config__ = STRICT


def read(tmp_path: Path, text: str) -> Shop:
    path = tmp_path / "shop.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path, Shop)


def complaint(tmp_path: Path, text: str) -> str:
    with pytest.raises(ShopBenchError) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def test_sections_become_dataclasses(tmp_path):
    text = "name: corner\nshelves:\n  left: {width: 3, labels: [tea, cups]}"
    assert read(tmp_path, text) == Shop("corner", {"left": Shelf(3, ("tea", "cups"))})


def test_all_problems_come_in_one_line_with_the_closest_known_key(tmp_path):
    text = "nam: corner\nshelves:\n  left: {widht: 3}\n  right: {width: broad, colour: red}"
    assert complaint(tmp_path, text) == (
        "shop.yaml: 'name' is missing; 'shelves.left.width' is missing;"
        " 'shelves.left.widht' is an unknown key, did you mean 'width'?;"
        " 'shelves.right.width' is 'broad': input should be a valid integer, unable to parse string as an integer;"
        " 'shelves.right.colour' is an unknown key;"
        " 'nam' is an unknown key, did you mean 'name'?;"
        " known keys are labels, name, shelves, width"
    )


def test_the_error_for_a_foreign_file_lists_the_known_keys_once(tmp_path):
    assert complaint(tmp_path, "name: corner\nzip: 1\nflag: 2") == (
        "shop.yaml: 'zip' is an unknown key; 'flag' is an unknown key; known keys are labels, name, shelves, width"
    )


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("name: [corner", "shop.yaml: not valid YAML (while parsing a flow sequence"),
        ("name: a\nname: b", "shop.yaml: not valid YAML (duplicate key 'name' in line 2); fix it"),
        ("name: !!python/object:os.system x", "shop.yaml: not valid YAML (could not determine a constructor"),
        ("? [a, list]\n: b", "shop.yaml: not valid YAML (the key in line 1 is not a name); fix it"),
        ('name: "corner\\0"', "shop.yaml: not valid YAML (a zero byte in line 1); fix it"),
        ('shelves: {}\nname: "corner \\ud800"', "shop.yaml: not valid YAML (while parsing a quoted scalar"),
        ('"\\udfff": 1', "shop.yaml: not valid YAML (while parsing a quoted scalar"),
        ("name: " + "[" * 101, "shop.yaml: not valid YAML (lists are nested too deeply); fix it"),
        (
            "name: 2001-99-99",
            "shop.yaml: contains a value that does not match its tag or form (month must be in 1..12)",
        ),
        (
            "name: !!int one",
            "shop.yaml: contains a value that does not match its tag or form (invalid literal for int()",
        ),
        (
            "name: !!int ''",
            "shop.yaml: contains a value that does not match its tag or form (string index out of range)",
        ),
        ("name: !!bool one", "shop.yaml: contains a value that does not match its tag or form ('one')"),
        ("name: !!timestamp one", "shop.yaml: contains a value that does not match its tag or form"),
        ("name: " + "1" * 5000, "shop.yaml: contains a value that does not match its tag or form (Exceeds the limit"),
        ("- corner", "shop.yaml: input should be a dictionary"),
        ("", "shop.yaml: input should be a dictionary"),
    ],
)
def test_invalid_yaml_and_a_non_mapping_are_one_line_errors(tmp_path, text, start):
    assert complaint(tmp_path, text).startswith(start)


def test_aliases_that_stand_for_a_thousand_million_values_are_shown_in_part(tmp_path):
    levels = [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 10)}]" for level in range(1, 10)]
    text = "\n".join(["l0: &l0 [" + ", ".join("x" * 10) + "]", *levels, "name: *l9"])
    assert len(complaint(tmp_path, text)) < 3_000


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(
        ShopBenchError, match=r"gone.yaml: cannot be read \(No such file or directory\); check the path"
    ):
        read_yaml(tmp_path / "gone.yaml", Shop)


def test_a_library_that_changes_the_safe_loader_changes_nothing_here(tmp_path, monkeypatch):
    constructors = yaml.SafeLoader.yaml_constructors
    monkeypatch.setitem(constructors, "tag:yaml.org,2002:timestamp", constructors["tag:yaml.org,2002:str"])
    assert complaint(tmp_path, "name: 2001-99-99").startswith(
        "shop.yaml: contains a value that does not match its tag or form"
    )
