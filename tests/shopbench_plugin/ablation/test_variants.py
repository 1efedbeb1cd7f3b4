"""The rows of the table."""

from dataclasses import replace
from pathlib import Path

import pytest

from shopbench_plugin.ablation.settings import AblationSettings
from shopbench_plugin.ablation.variants import FULL_SYSTEM, VARIANTS, select_variants
from shopbench_plugin.core.settings import merge
from shopbench_plugin.engines.vllm_engine import VllmSettings
from shopbench_plugin.predict.settings import read_settings

PROJECT = Path(__file__).resolve().parents[3]


def list_changes(variant):
    parts = ("role", "postprocessing")
    return [*variant.settings, *(part for part in parts if getattr(variant, part) != getattr(FULL_SYSTEM, part))]


def test_every_part_has_a_row_that_changes_it_alone():
    changed = [tuple(list_changes(variant)) for variant in VARIANTS]
    assert changed == [
        (),
        ("role",),
        ("role",),
        ("preset", "development_set"),
        ("constraints",),
        ("postprocessing",),
        ("constraints", "postprocessing"),
        ("cot",),
        ("label_calibration",),
    ]


def test_rows_share_a_run_exactly_if_it_would_be_the_same(settings):
    files = {str(variant.find_output(settings)): variant.predict_settings(settings) for variant in VARIANTS}
    runs = {str(replace(variant.predict_settings(settings), output=None)) for variant in VARIANTS}
    assert len(files) == len(runs) == 7
    assert all(variant.predict_settings(settings) == files[str(variant.find_output(settings))] for variant in VARIANTS)


def test_a_row_without_its_model_and_one_that_the_engine_cannot_run_are_left_out_with_the_reason(settings):
    kept, left_out = select_variants(replace(settings, untuned=None))
    assert {variant.name: variant.find_obstacle(replace(settings, untuned=None)) for variant in left_out} == {
        "untuned": "the recipe has no 'untuned'",
        "label calibration": "engine openai can't score labels with these settings",
    }
    assert len(kept) == len(VARIANTS) - 2


@pytest.mark.parametrize(("replicas", "rows"), [(1, len(VARIANTS)), (2, len(VARIANTS) - 1)])
def test_label_calibration_needs_an_engine_that_scores_labels(settings, replicas, rows):
    engine = VllmSettings(model="tuned", data_parallel_size=replicas)
    assert len(select_variants(replace(settings, engine=engine))[0]) == rows


@pytest.mark.parametrize("recipe", sorted((PROJECT / "llamafactory_configs" / "ablation").glob("*.yaml")), ids=str)
def test_an_ablation_recipe_is_complete(recipe, monkeypatch):
    monkeypatch.chdir(PROJECT)
    settings = read_settings(merge(recipe), AblationSettings)
    settings.check()
    assert settings.input.is_file()
    assert settings.development_set.is_file()
    left_out = [variant.name for variant in select_variants(settings)[1]]
    assert left_out == (["quantized"] if settings.quantized is None else [])
