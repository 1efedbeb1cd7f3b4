"""Presets of the project and of users, and the errors for an invalid one."""

from pathlib import Path

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import TaskType, Track
from shopbench_plugin.demonstrations.preset_files import Pick, Preset, Rule, read_preset
from shopbench_plugin.demonstrations.preset_names import list_presets

RAW = ["shopping-mmlu-raw", "shopping-mmlu-raw-letters", "shopping-mmlu-raw-numbers"]
PRESETS = ["fewshot", "mix-fewshot", *RAW, "track1-fewshot", "zero-shot"]


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_project_has_seven_presets():
    assert list_presets() == PRESETS


def test_zero_shot_needs_no_development_set():
    assert read_preset("zero-shot") == Preset("zero-shot", {})
    assert [name for name in PRESETS if not read_preset(name).needs_development_set] == [*RAW, "zero-shot"]


@pytest.mark.parametrize(
    ("name", "tokens"),
    [(RAW[0], [1, 100, 100, 100, 100]), (RAW[1], [4, 20, 15, 20, 128]), (RAW[2], [4, 20, 15, 20, 128])],
)
def test_raw_presets_have_the_token_limits_of_the_benchmarks_scripts(name, tokens):
    assert [read_preset(name).rules[task_type].max_tokens for task_type in TaskType] == tokens


@pytest.mark.parametrize("name", ["fewshot", "mix-fewshot", "track1-fewshot"])
def test_multiple_choice_gets_one_demonstration_and_the_other_types_one_per_task(name):
    rules = read_preset(name).rules
    assert set(rules) == set(TaskType)
    assert {task_type: rule.one_per for task_type, rule in rules.items()} == dict.fromkeys(TaskType, "task") | {
        TaskType.MULTIPLE_CHOICE: "type"
    }


def test_track1_fewshot_uses_only_the_tasks_of_track_1():
    rules = read_preset("track1-fewshot").rules.values()
    assert {rule.tracks for rule in rules} == {(Track.SHOPPING_CONCEPTS,)}


def test_a_users_own_preset_is_read_by_its_path(tmp_path):
    path = write(tmp_path, "retrieval:\n  picks: [{task: task3, number: 2}, {task: task7}]\n")
    assert read_preset(path) == Preset(path, {TaskType.RETRIEVAL: Rule(picks=(Pick("task3", 2), Pick("task7", 1)))})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ranking: {one_pr: task}", "'ranking.one_pr' is an unknown key, did you mean 'one_per'?"),
        ("rankings: {}", "'rankings' is 'rankings': input should be 'multiple-choice', 'ranking', "),
        ("ranking: {which: longest}", "'ranking.which' is 'longest': input should be 'shortest' or 'typical'"),
        ("ranking: {tracks: [track1]}", "'ranking.tracks.0' is 'track1': input should be 'amazon-kdd-cup-24-"),
        ("ranking: {picks: [{task: a, number: 0}]}", "'ranking.picks.0.number' is 0: input should be greater than"),
    ],
)
def test_a_mistake_in_a_preset_is_named_by_its_key(tmp_path, text, complaint):
    path = write(tmp_path, text)
    with pytest.raises(ShopBenchError) as caught:
        read_preset(path)
    assert str(caught.value).startswith(f"{path}: {complaint}")


def test_all_mistakes_come_in_one_error(tmp_path):
    path = write(tmp_path, "ranking: {one_per: tsk, wich: typical}\nretrieval: 3")
    with pytest.raises(ShopBenchError, match=r"ranking\.one_per.*; .*ranking\.wich.*; .*retrieval"):
        read_preset(path)


def test_an_unknown_name_is_answered_with_the_closest_one():
    with pytest.raises(ShopBenchError) as caught:
        read_preset("few-shot")
    assert str(caught.value) == (
        f"unknown preset 'few-shot', did you mean 'fewshot'? Known: {', '.join(PRESETS)};"
        " or pass the path of a YAML file"
    )
    with pytest.raises(ShopBenchError, match=r"gone.yaml: cannot be read"):
        read_preset("gone.yaml")
