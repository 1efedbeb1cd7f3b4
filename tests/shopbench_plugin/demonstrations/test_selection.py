"""Demonstrations picked by offline validation: what is asked, what decides, and that it repeats."""

from collections.abc import Sequence

from shopbench_plugin.core.vocabulary import Question, TaskType
from shopbench_plugin.demonstrations.choice import DemonstrationSet, choose_demonstrations
from shopbench_plugin.demonstrations.preset_files import Pick, Preset, Rule
from shopbench_plugin.demonstrations.selection import Trial, count_trials, select_demonstrations

GENERATION = TaskType.GENERATION
ROWS = [
    Question(f"Explain {name}.", output_field=name, task_name=task, task_type=GENERATION)
    for task, name in (("a", "cup"), ("a", "kettle"), ("a", "rug"), ("b", "saw"), ("b", "hammer"))
]
PRESET = Preset("mine", {GENERATION: Rule(one_per="task")})
Call = tuple[list[str], list[str]]


class Model:
    """Scores by what is shown and asked, and remembers its calls as (names asked, names shown)."""

    def __init__(self, helpful: dict[str, float], hard: Sequence[str] = (), unscored: Sequence[str] = ()) -> None:
        self.helpful, self.hard, self.unscored = helpful, hard, unscored
        self.calls: list[Call] = []

    def __call__(self, questions: Sequence[Question], demonstrations: DemonstrationSet) -> list[float | None]:
        shown = [one.answer for one in demonstrations.by_type[GENERATION]]
        asked = [str(question.output_field) for question in questions]
        self.calls.append((asked, shown))
        score = sum(self.helpful.get(name, 0.0) for name in shown)
        return [None if name in self.unscored else 0.0 if name in self.hard else score for name in asked]


def test_every_candidate_is_tried_on_all_questions_but_its_own():
    model = Model({})
    select_demonstrations(PRESET, ROWS, model)
    everybody = ["cup", "kettle", "rug", "saw", "hammer"]
    assert [asked for asked, _ in model.calls] == [
        [name for name in everybody if name != candidate] for candidate in everybody
    ]
    assert len(model.calls) == count_trials(PRESET, ROWS, None) == 5


def test_a_candidate_is_combined_with_earlier_choices_and_the_presets_later_ones():
    model = Model({"kettle": 0.5})
    select_demonstrations(PRESET, ROWS, model)
    assert [shown for _, shown in model.calls] == [
        ["cup", "saw"],
        ["kettle", "saw"],
        ["rug", "saw"],
        ["kettle", "saw"],
        ["kettle", "hammer"],
    ]


def test_the_most_helpful_stay_and_the_rules_pick_them():
    selection = select_demonstrations(PRESET, ROWS, Model({"rug": 0.4, "kettle": 0.1, "hammer": 0.2}))
    assert selection.rules == {GENERATION: Rule(picks=(Pick("a", 3), Pick("b", 2)))}
    chosen = choose_demonstrations(Preset("selected", selection.rules), ROWS)
    assert [one.answer for one in chosen.by_type[GENERATION]] == ["rug", "hammer"]


def test_a_candidate_does_not_win_because_its_own_question_is_hard():
    # Without "kettle" among the questions, the others of which are easy, its plain mean is the highest.
    selection = select_demonstrations(PRESET, ROWS, Model({"rug": 0.1, "saw": 0.8}, hard=["kettle"]))
    means = {trial.candidate: trial.mean for trial in selection.trials if trial.place == 1}
    assert max(means, key=lambda pick: means[pick]) == Pick("a", 2)
    assert selection.rules[GENERATION].picks[0] == Pick("a", 3)


def test_of_equals_the_shorter_then_the_earlier_stays():
    assert select_demonstrations(PRESET, ROWS, Model({})).rules[GENERATION].picks == (Pick("a", 1), Pick("b", 1))


def test_a_trial_keeps_its_figures():
    selection = select_demonstrations(PRESET, ROWS[3:], Model({"saw": 0.25}, unscored=["hammer"]))
    assert selection.trials == (
        Trial(GENERATION, 1, Pick("b", 1), questions=0, mean=0.0, gain=0.0, is_chosen=True),
        Trial(GENERATION, 1, Pick("b", 2), questions=1, mean=0.0, gain=0.0),
    )


def test_a_draw_of_candidates_repeats_with_its_seed():
    preset = Preset("mine", {GENERATION: Rule(one_per="type")})
    rows = [
        Question(f"Explain {number}.", output_field=str(number), task_name="a", task_type=GENERATION)
        for number in range(100)
    ]

    def draw(seed: int) -> list[Pick]:
        trials = select_demonstrations(preset, rows, Model({}), most_candidates=5, seed=seed).trials
        return [trial.candidate for trial in trials]

    assert draw(1) == draw(1) != draw(2)
    assert len(draw(1)) == count_trials(preset, rows, 5) == 5


def test_picks_of_the_preset_stay_untried():
    model = Model({})
    preset = Preset("mine", {GENERATION: Rule(picks=(Pick("b", 2),))})
    assert select_demonstrations(preset, ROWS, model).rules == preset.rules
    assert model.calls == []
