"""A whole ablation: which model answers what, the results, and how it resumes after a kill."""

from dataclasses import replace

import orjson
import pytest

from shopbench_plugin.ablation.pages import write_pages
from shopbench_plugin.ablation.run import run_ablation
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines.openai_engine import OpenAISettings
from shopbench_plugin.engines.vllm_engine import VllmSettings
from tests.shopbench_plugin.ablation.conftest import make_loader, make_settings

ROWS = [
    *("full system", "untuned", "quantized", "zero-shot", "no constraints", "no post-processing"),
    *("neither constraints nor post-processing", "chain of thought"),
]


@pytest.fixture
def ablate(serve):
    """Return a function that runs an ablation and what it says."""

    def run(settings):
        lines = []
        return run_ablation(settings, lines.append, serve), lines

    return run


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a whole ablation, what it said, and the models that were loaded."""
    lines, serve = [], make_loader()
    return run_ablation(make_settings(tmp_path_factory.mktemp("whole")), lines.append, serve), lines, serve.loaded


def find(ablation, name):
    return next(result for result in ablation.results if result.variant.name == name)


def count_invalid(result):
    return result.invalid_written.count, result.invalid_scored.count


def test_rows_are_in_list_order_and_a_shared_run_is_asked_once(whole):
    ablation, lines, loaded = whole
    assert [result.variant.name for result in ablation.results] == ROWS
    assert [engine.model for engine, _ in loaded] == ["tuned", "untuned", "quantized", "tuned", "tuned", "tuned"]
    assert all(model.is_closed and len(model.asked) == 32 for _, model in loaded)
    assert [line.split(",")[0] for line in lines] == [
        f"{name}: 32 questions answered" for name in ROWS if "post-" not in name and "neither" not in name
    ]


def test_every_row_is_compared_with_the_full_system(whole):
    ablation, *_ = whole
    assert ablation.results[0].comparison is None
    assert {(one.comparison.baseline, one.comparison.candidate) for one in ablation.results[1:]} == {
        ("full system", name) for name in ROWS[1:]
    }
    untuned = find(ablation, "untuned").evaluation.totals.task_types["multiple-choice"].score
    assert (ablation.results[0].evaluation.totals.task_types["multiple-choice"].score, untuned) == (1.0, 0.0)


def test_invalid_answers_are_counted_before_and_after_repair(whole):
    ablation, *_ = whole
    assert count_invalid(find(ablation, "full system")) == (0, 0)
    assert count_invalid(find(ablation, "no constraints")) == (32, 0)
    assert count_invalid(find(ablation, "neither constraints nor post-processing")) == (32, 32)
    assert count_invalid(find(ablation, "chain of thought")) == (8, 0)


def test_a_complete_run_is_not_repeated_and_has_the_same_pages(settings, ablate, serve):
    first = [path.read_bytes() for path in write_pages(ablate(settings)[0], settings.output_dir)]
    serve.loaded.clear()
    ablation, lines = ablate(settings)
    assert serve.loaded == []
    assert all("complete, answered before" in line for line in lines)
    assert [path.read_bytes() for path in write_pages(ablation, settings.output_dir)] == first


def test_a_killed_ablation_resumes_where_it_stopped(settings, ablate, serve):
    serve.fails_at = 20
    with pytest.raises(KeyboardInterrupt):
        ablate(settings)
    serve.fails_at = None
    serve.loaded.clear()
    ablation, _ = ablate(settings)
    assert [len(model.asked) for _, model in serve.loaded] == [13, 32, 32, 32, 32, 32]
    assert [result.speed is None for result in ablation.results] == [True] + [False] * 4 + [True] + [False] * 2


def test_another_recipe_does_not_overwrite_the_answers(settings, ablate):
    ablate(settings)
    with pytest.raises(ShopBenchError, match=r"full\.jsonl: belongs to another run .* --overwrite"):
        ablate(replace(settings, engine=OpenAISettings(model="other")))
    ablation, _ = ablate(replace(settings, engine=OpenAISettings(model="other"), overwrite=True))
    assert ablation.results[0].variant.find_model(ablation.settings) == "other"


def test_a_skill_file_of_shopping_mmlu_is_asked_and_scored_by_its_path_alone(settings, ablate):
    rows = [orjson.loads(line) for line in settings.input.read_bytes().splitlines()]
    skill = settings.input.with_name("skill3_behavior.json")
    told = ("input_field", "output_field", "task_name", "task_type", "metric")
    skill.write_bytes(b"".join(orjson.dumps({name: row[name] for name in told}) + b"\n" for row in rows))
    scoring = replace(settings.scoring, evaluator="shopping-mmlu")
    ablation, _ = ablate(replace(settings, input=skill, scoring=scoring))
    markdown, _ = write_pages(ablation, settings.output_dir)
    full = find(ablation, "full system").evaluation
    assert [answer.answered.question.route_as for answer in full.answers] == [row["task_type"] for row in rows]
    assert {name: score.score for name, score in full.totals.tracks.items()} == {
        "amazon-kdd-cup-24-user-behavior-alignment": 1.0
    }
    assert "| scoring evaluator | skill_wise_eval of KL4805/ShoppingMMLU" in markdown.read_text()


def test_a_full_system_without_demonstrations_is_refused(settings, ablate):
    with pytest.raises(ShopBenchError, match="zero-shot is a separate row"):
        ablate(replace(settings, preset="zero-shot"))


def test_a_question_that_cannot_be_scored_shows_before_a_model_is_loaded(settings, ablate, serve):
    rows = [orjson.loads(line) for line in settings.input.read_bytes().splitlines()]
    rows[2]["metric"] = "hitrate"
    settings.input.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    with pytest.raises(ShopBenchError, match=r"questions\.jsonl: question 3 can't be scored: unknown metric 'hitrate'"):
        ablate(settings)
    assert serve.loaded == []


def test_a_task_in_two_tracks_shows_before_a_model_is_loaded(settings, ablate, serve):
    rows = [orjson.loads(line) for line in settings.input.read_bytes().splitlines()]
    rows[-1]["track"] = "two"
    settings.input.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    with pytest.raises(ShopBenchError, match=r"questions\.jsonl: question '.*': 'track' is 'two', but 'one' .*'task4'"):
        ablate(settings)
    assert serve.loaded == []


def test_every_model_folder_is_looked_at_before_the_first_is_loaded(settings, ablate, serve):
    with pytest.raises(ShopBenchError, match=r"tuned: no such model folder"):
        ablate(replace(settings, engine=VllmSettings(model="tuned")))
    assert serve.loaded == []
