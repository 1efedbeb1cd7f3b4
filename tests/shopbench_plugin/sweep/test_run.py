"""A whole sweep: what is tried, its outputs, how it resumes after a kill, and what it refuses."""

import json
import shutil
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.engines.openai_engine import OpenAISettings
from shopbench_plugin.engines.registry import load_engine
from shopbench_plugin.models.adapters import read_rank
from shopbench_plugin.models.blend import is_blended
from shopbench_plugin.predict.run import predict_file
from shopbench_plugin.sweep.candidates import list_candidates
from shopbench_plugin.sweep.pages import write_pages
from shopbench_plugin.sweep.run import run_sweep

NAMES = [
    "base",
    "1 first, scale 0.5",
    "1 first, scale 1",
    "0.5 first + 0.5 second, linear, scale 0.5",
    "0.5 first + 0.5 second, linear, scale 1",
]


@pytest.fixture
def loads():
    """A loader of engines that counts how often it is called, and stops in the middle of the answers where told."""

    class Loader:
        count = 0
        fails_at = None

        def __call__(self, settings):
            self.count += 1
            engine = load_engine(settings)
            complete = engine.complete

            def complete_some(prompts, deadline=None):
                for place, answer in enumerate(complete(prompts, deadline)):
                    if self.fails_at == (prompts[0].adapter.rsplit("/", 1)[-1], place):
                        raise KeyboardInterrupt
                    yield answer

            engine.complete = complete_some
            return engine

    return Loader()


def read_rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_weights_methods_and_scales_are_tried_once_each_and_the_base_first(settings):
    assert [one.name for one in list_candidates(settings)] == NAMES
    alone = replace(settings, weights=None, scales=[1], methods=["linear", "svd"])
    assert [one.stem for one in list_candidates(alone)] == ["base", "1-first_x1", "1-second_x1"]
    both = replace(settings, weights=[{"first": 2, "second": -1}], scales=[1], methods=["svd", "cat"])
    assert [one.stem for one in list_candidates(both)] == [
        "base",
        "2-first_-1-second_svd_x1",
        "2-first_-1-second_cat_x1",
    ]


def test_all_candidates_answer_on_one_loaded_base_as_each_does_by_itself(settings, loads, tmp_path):
    lines = []
    found = run_sweep(settings, lines.append, loads)
    assert loads.count == 1
    assert [line.split(": ")[0] for line in lines] == NAMES
    answers = {}
    for candidate in found.candidates:
        answers[candidate.name] = [row["raw"] for row in read_rows(candidate.find_output(settings))]
        alone = replace(candidate.predict_settings(settings), output=tmp_path / "alone.jsonl", overwrite=True)
        predict_file(alone)
        assert [row["raw"] for row in read_rows(alone.output)] == answers[candidate.name]
    assert len({tuple(texts) for texts in answers.values()}) > 1
    plain = replace(alone, engine=settings.engine)
    predict_file(plain)
    assert [row["raw"] for row in read_rows(plain.output)] == answers["base"]


def test_adapters_of_other_ranks_find_room_on_the_loaded_base(settings, models, loads):
    mixed = replace(
        settings,
        candidates=settings.candidates | {"wide": models / "wide"},
        weights=[{"first": 1}, {"first": 1, "wide": 1}],
        methods=["cat"],
        scales=[1],
    )
    found = run_sweep(mixed, lambda _: None, loads)
    assert [read_rank(one.find_adapter(mixed)) for one in found.candidates] == [4, 4, 10]
    assert loads.count == 1


def test_a_complete_run_is_not_repeated_and_has_the_same_pages(settings, loads):
    write_pages(run_sweep(settings, lambda _: None, loads))
    page = (settings.output_dir / "sweep.md").read_text()
    assert (settings.output_dir / "sweep.png").read_bytes().startswith(b"\x89PNG")
    best = [path.name for path in sorted((settings.output_dir / "best").iterdir())]
    assert best == ["overall", "understanding-shopping-concepts", "user-behavior-alignment"]
    lines = []
    write_pages(run_sweep(settings, lines.append, loads))
    assert loads.count == 1
    assert all("complete, answered before" in line for line in lines)
    assert (settings.output_dir / "sweep.md").read_text() == page


def test_a_killed_sweep_resumes_where_it_stopped(settings, loads):
    loads.fails_at = ("1-first_x1", 5)
    with pytest.raises(KeyboardInterrupt):
        run_sweep(settings, lambda _: None, loads)
    loads.fails_at = None
    lines = []
    run_sweep(settings, lines.append, loads)
    asked = [line.split(": ")[1].split(", score")[0] for line in lines]
    done = ["complete, answered before"] * 2
    assert asked == [*done, "7 questions answered", *["12 questions answered"] * 2]


def test_an_adapter_that_was_trained_again_is_blended_again_and_needs_overwrite(settings, loads, models, tmp_path):
    again = replace(settings, candidates={"first": shutil.copytree(models / "first", tmp_path / "first")}, weights=None)
    run_sweep(again, lambda _: None, loads)
    shutil.copytree(models / "second", tmp_path / "first", dirs_exist_ok=True, copy_function=shutil.copyfile)
    with pytest.raises(ShopBenchError, match=r"base\.jsonl: belongs to another run .* --overwrite"):
        run_sweep(again, lambda _: None, loads)
    run_sweep(replace(again, overwrite=True), lambda _: None, loads)


def test_a_blend_that_was_changed_is_blended_again(settings, loads):
    run_sweep(settings, lambda _: None, loads)
    blend = list_candidates(settings)[1]
    folder = blend.find_adapter(settings)
    weights = folder / "adapter_model.safetensors"
    whole = weights.read_bytes()
    assert is_blended(blend.blend, folder)
    weights.write_bytes(whole[:-1])
    assert not is_blended(blend.blend, folder)
    weights.unlink()
    assert not is_blended(blend.blend, folder)
    run_sweep(replace(settings, overwrite=True), lambda _: None, loads)
    assert weights.read_bytes() == whole


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": [{"frist": 1}]}, r"weights: unknown candidate 'frist', did you mean 'first'"),
        ({"weights": [{"first": 0}]}, "weights: a blend has only weights of 0, which is the base"),
        ({"weights": []}, "'candidates', 'weights', 'methods' and 'scales' need at least one entry each"),
        ({"candidates": {}}, "need at least one entry each"),
        ({"candidates": {"../up": "x"}, "weights": None}, r"candidates: '\.\./up' is not a name; use letters"),
        ({"folds": 13}, r"12 questions are too few for 13 folds; lower 'folds'"),
        (
            {"engine": OpenAISettings(model="m")},
            "engine openai does not load adapters; use engine vllm or transformers",
        ),
    ],
)
def test_settings_that_make_no_sense_leave_nothing_behind(settings, loads, change, message):
    with pytest.raises(ShopBenchError, match=message):
        run_sweep(replace(settings, **change), lambda _: None, loads)
    assert (loads.count, settings.output_dir.exists()) == (0, False)


def test_adapters_that_do_not_fit_leave_nothing_behind(settings, loads, models, tmp_path):
    def assert_refused(message, **change):
        with pytest.raises(ShopBenchError, match=message) as caught:
            run_sweep(replace(settings, **change), lambda _: None, loads)
        assert "\n" not in str(caught.value)
        assert (loads.count, settings.output_dir.exists()) == (0, False)

    both = [{"first": 1, "second": 1}]
    ranks = {"first": models / "first", "second": models / "wide"}
    assert_refused("--method linear: the adapters' ranks are 4, 6; use svd or cat", candidates=ranks, weights=both)
    assert_refused("gone: no such adapter folder", candidates={"first": tmp_path / "gone"}, weights=None)
    assert_refused("base: has no adapter_config.json; pass the", candidates={"first": models / "base"}, weights=None)
    other = shutil.copytree(models / "second", tmp_path / "other")
    config = json.loads((other / "adapter_config.json").read_text())
    (other / "adapter_config.json").write_text(json.dumps(config | {"base_model_name_or_path": "elsewhere"}))
    assert_refused("was trained on elsewhere, but", candidates={"first": models / "first", "second": other})
    config["base_model_name_or_path"] = str(models / "base")
    (other / "adapter_config.json").write_text(json.dumps(config))
    (other / "adapter_model.safetensors").unlink()
    assert_refused("has no adapter_model.safetensors", candidates={"first": other}, weights=None)
    rows = read_rows(settings.input)
    del rows[4]["output_field"]
    settings.input.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert_refused(r"questions\.jsonl:5: no 'output_field'; every row of a development set needs it")


def test_the_command_reads_a_recipe_and_prints_the_winners(settings, tmp_path):
    recipe = tmp_path / "sweep.yaml"
    content = {
        "model": settings.engine.model,
        "engine": "transformers",
        "dtype": "float32",
        "input": str(settings.input),
        "output_dir": str(tmp_path / "out"),
        "candidates": {"first": str(settings.candidates["first"])},
        "scales": [1],
        "folds": 2,
    }
    recipe.write_text(json.dumps(content))
    assert CliRunner().invoke(app, ["check", str(recipe)]).output == f"{recipe}: looks right\n"
    done = CliRunner().invoke(app, ["sweep", "--config", str(recipe)])
    assert done.exit_code == 0, done.output
    assert "winner's curse" in done.stdout
    assert done.stdout.endswith(f"Table: {tmp_path}/out/sweep.md  Plot: {tmp_path}/out/sweep.png\n")
    recipe.write_text(json.dumps(content | {"adapter": str(settings.candidates["first"])}))
    refused = CliRunner().invoke(app, ["sweep", "--config", str(recipe)])
    assert (refused.exit_code, str(refused.exception)) == (
        1,
        "a sweep does not use 'adapter' and 'adapters'; list adapters under 'candidates'",
    )
