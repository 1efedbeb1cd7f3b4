"""Which questions of a development set become demonstrations, and to whom they are shown."""

import re
from importlib import resources

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Question, TaskType, Track
from shopbench_plugin.demonstrations.choice import (
    Demonstration,
    DemonstrationSet,
    choose_demonstrations,
    leave_out_own,
)
from shopbench_plugin.demonstrations.preset_files import Pick, Preset, Rule, read_preset
from shopbench_plugin.formats.questions import read_development_set
from shopbench_plugin.routing import route

GENERATION = TaskType.GENERATION


def question(text: str, task: str = "a", track: str | None = None, task_type: TaskType = GENERATION) -> Question:
    return Question(text, output_field=f"about {text}", task_name=task, task_type=task_type, track=track)


def choose(rule: Rule, *development_set: Question) -> list[str]:
    chosen = choose_demonstrations(Preset("mine", {GENERATION: rule}), development_set)
    return [one.question.input_field for one in chosen.by_type[GENERATION]]


def test_one_per_task_chooses_the_shortest_of_each_in_the_order_of_the_set():
    rows = [question("bbbb", "b"), question("aaa", "a"), question("bb", "b"), question("a", "a")]
    assert choose(Rule(one_per="task"), *rows) == ["bb", "a"]


def test_one_per_type_chooses_a_single_one():
    rows = [question("bbbb", "b"), question("a", "a"), question("ccc", "c")]
    assert choose(Rule(one_per="type"), *rows) == ["a"]
    assert choose(Rule(one_per="type", which="typical"), *rows) == ["ccc"]


def test_questions_of_other_types_and_empty_ones_are_not_chosen():
    rows = [question("n", task_type=TaskType.NAMED_ENTITY_RECOGNITION), question("  "), question("long one")]
    assert choose(Rule(), *rows) == ["long one"]


def test_a_task_with_two_types_counts_for_each():
    rows = [question("n", task_type=TaskType.MULTIPLE_CHOICE), question("generate")]
    chosen = choose_demonstrations(Preset("mine", dict.fromkeys(TaskType, Rule())), rows)
    assert {task_type: len(shown) for task_type, shown in chosen.by_type.items() if shown} == {
        TaskType.MULTIPLE_CHOICE: 1,
        GENERATION: 1,
    }


def test_tracks_leave_out_the_others_but_not_what_names_no_track():
    rows = [
        question("one", "a", Track.SHOPPING_CONCEPTS),
        question("two", "b", Track.MULTI_LINGUAL),
        question("any", "c"),
    ]
    assert choose(Rule(tracks=(Track.SHOPPING_CONCEPTS,)), *rows) == ["one", "any"]


def test_mixing_deals_the_tracks_out_in_turn():
    tracks = {"a": Track.SHOPPING_CONCEPTS, "b": Track.SHOPPING_CONCEPTS, "c": Track.MULTI_LINGUAL}
    rows = [question(task, task, track) for task, track in tracks.items()]
    assert choose(Rule(mix_tracks=True), *rows) == ["a", "c", "b"]


def test_picks_are_taken_in_their_order():
    rows = [question("a1", "a"), question("a2", "a"), question("b1", "b")]
    assert choose(Rule(picks=(Pick("b"), Pick("a", 2))), *rows) == ["b1", "a2"]


def test_everything_a_preset_names_in_vain_is_in_one_error():
    rules = {
        GENERATION: Rule(picks=(Pick("task11"), Pick("task1", 3))),
        TaskType.RANKING: Rule(picks=(Pick("task12"),)),
    }
    rows = [question("short", "task1"), question("longer", "task1"), question("other", "task6")]
    with pytest.raises(ShopBenchError) as caught:
        choose_demonstrations(Preset("mine.yaml", rules), rows)
    assert str(caught.value) == (
        "preset mine.yaml: the development set has no generation task 'task11', did you mean 'task1'?;"
        " task1 has 2 generation questions, so there is no number 3;"
        " the development set has no ranking task 'task12', it has none of that type;"
        " fix the preset or pass its development set"
    )


def test_a_set_of_which_nothing_fits_is_an_error():
    rule = Rule(tracks=(Track.SHOPPING_CONCEPTS,))
    with pytest.raises(ShopBenchError, match="preset mine: the development set has no question that fits"):
        choose(rule, question("two", "b", Track.MULTI_LINGUAL))


def test_all_questions_of_a_type_are_shown_the_same_but_a_demonstration_never_its_own_answer():
    shown = tuple(Demonstration(question(f"Explain the product type {name}."), name) for name in ("cup", "rug", "saw"))
    chosen = DemonstrationSet({GENERATION: shown})
    assert chosen.for_question(route("Explain the product type kettle.")) == shown
    assert chosen.for_question(route("Explain the product type rug. \n")) == (shown[0], shown[2])
    assert chosen.for_question(route("Which?\n0. a\n1. b", is_multiple_choice=True)) == ()


def test_white_space_makes_no_other_question():
    shown = (Demonstration(question("a  b\nc"), "x"),)
    assert leave_out_own(question(" a b c "), shown) == ()
    assert leave_out_own(question("a b"), shown) == shown


@pytest.mark.parametrize("preset", ["fewshot", "mix-fewshot", "track1-fewshot"])
def test_the_presets_choose_from_the_published_set_what_their_headers_say(shopbench_development, preset):
    header = (resources.files("shopbench_plugin.demonstrations") / "presets" / f"{preset}.yaml").read_text()
    said = {
        task_type: found[1].replace("none", "")
        for task_type in TaskType
        if (found := re.search(rf"^#   {task_type} +(.*)$", header, re.MULTILINE))
    }
    chosen = choose_demonstrations(read_preset(preset), read_development_set(shopbench_development))
    assert said == {
        task_type: ", ".join(one.question.task_name or "" for one in shown)
        for task_type, shown in chosen.by_type.items()
    }


def test_the_presets_choose_from_a_set_with_other_tasks_and_no_tracks(shopbench_style):
    rows = read_development_set(shopbench_style)
    for preset in ("fewshot", "track1-fewshot", "mix-fewshot"):
        by_type = choose_demonstrations(read_preset(preset), rows).by_type
        assert len(by_type[TaskType.MULTIPLE_CHOICE]) == 1
        assert [one.question.task_name for one in by_type[TaskType.RETRIEVAL]] == [
            "Retrieval/PR",
            "Retrieval/RRA",
            "Retrieval/RRS",
        ]
