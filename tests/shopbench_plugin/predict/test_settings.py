"""Settings that make no sense are refused where they are read, by name."""

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.settings import merge
from shopbench_plugin.predict.settings import PredictSettings, read_settings

FILES = "model: m\ninput: in\noutput: out\n"
AT_LEAST_ONE = "input should be greater than or equal to 1"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("max_model_len", "-1", AT_LEAST_ONE),
        ("tensor_parallel_size", "0", AT_LEAST_ONE),
        ("pipeline_parallel_size", "0", AT_LEAST_ONE),
        ("data_parallel_size", "-2", AT_LEAST_ONE),
        ("gpu_memory_utilization", "0", "input should be greater than 0"),
        ("gpu_memory_utilization", "90", "input should be less than or equal to 1"),
        ("cpu_cache_gib", "0", AT_LEAST_ONE),
        ("batch_size", "0", AT_LEAST_ONE),
        ("base_urls", "[]", "value should have at least 1 item"),
        ("connections", "0", AT_LEAST_ONE),
        ("connections", "-2", AT_LEAST_ONE),
        ("connections", "1" + 20 * "0", "input should be less than"),
        ("timeout", "-1", "input should be greater than or equal to 0.001"),
        ("timeout", ".inf", "input should be a finite number"),
        ("retries", "-1", "input should be greater than or equal to 0"),
        ("seconds_per_question", "-1", "input should be greater than or equal to 0.001"),
        ("seconds_per_question", ".nan", "input should be a finite number"),
        ("seconds_per_run", "0", "input should be greater than or equal to 0.001"),
    ],
)
def test_a_setting_out_of_bounds_is_named(name, value, message, tmp_path):
    path = tmp_path / "predict.yaml"
    engine = "openai" if name in {"base_urls", "connections", "timeout", "retries"} else "vllm"
    path.write_text(f"{name}: {value}\n{FILES}engine: {engine}\n", encoding="utf-8")
    with pytest.raises(ShopBenchError, match=rf"predict\.yaml: '{name}' is .*: {message}"):
        read_settings(merge(path), PredictSettings)


@pytest.mark.parametrize(
    ("engine", "text", "values"),
    [
        ("openai", "retries: 0\nconnections: 1\ntimeout: 0.001\n", {"retries": 0, "connections": 1, "timeout": 0.001}),
        ("vllm", "gpu_memory_utilization: 1\nbase_urls: [a]\n", {"gpu_memory_utilization": 1.0}),
    ],
)
def test_the_least_that_makes_sense_passes_and_so_do_the_keys_of_other_engines(tmp_path, engine, text, values):
    path = tmp_path / "predict.yaml"
    path.write_text(f"{FILES}engine: {engine}\n{text}seconds_per_run: 0.001\n", encoding="utf-8")
    settings = read_settings(merge(path), PredictSettings)
    assert (settings.engine.name, settings.engine.model, settings.seconds_per_run) == (engine, "m", 0.001)
    assert {name: getattr(settings.engine, name) for name in values} == values


def read(tmp_path, text, environment=None, **flags):
    path = tmp_path / "predict.yaml"
    path.write_text(text, encoding="utf-8")
    return read_settings(merge(path, environment, flags), PredictSettings)


def test_flags_win_over_variables_and_these_over_the_recipe(tmp_path):
    variables = {"SHOPBENCH_PRESET": "two", "SHOPBENCH_MODEL": "two", "SHOPBENCH_DTYPE": "", "HOME": "/root"}
    settings = read(
        tmp_path, f"{FILES}engine: vllm\npreset: one\n", variables, preset=None, model="three", base_urls=[]
    )
    assert (settings.engine.model, settings.preset, settings.engine.dtype) == ("three", "two", "auto")


def test_what_is_required_may_come_from_any_source_and_is_checked_after_the_merge(tmp_path):
    settings = read(tmp_path, "model: m\nengine: vllm\n", {"SHOPBENCH_INPUT": "in"}, output="out")
    assert (str(settings.input), str(settings.output)) == ("in", "out")


@pytest.mark.parametrize(
    ("text", "flags", "message"),
    [
        (
            "engine: vllm\ninput: a\noutput: b\n",
            {},
            "missing setting 'model': pass --model or set it in the --config file",
        ),
        (
            "model: m\n",
            {},
            "missing settings 'input', 'output': pass --input, --output or set them in the --config file",
        ),
        (f"{FILES}presets: x\n", {}, "{path}: 'presets' is an unknown setting, did you mean {path}: 'preset'?"),
        (f"{FILES}engine: vlm\n", {}, "unknown engine 'vlm', did you mean 'vllm'? Known: openai, transformers, vllm"),
        (
            f"{FILES}engine: vllm\ncot: maybe\n",
            {"max_model_len": 0},
            (
                "--max-model-len is 0: input should be greater than or equal to 1; "
                "{path}: 'cot' is 'maybe': input should be true, false or numeric"
            ),
        ),
        (
            "model_name_or_path: m\nstage: sft\n" + "".join(f"key{n}: 1\n" for n in range(30)),
            {},
            (
                "{path}: is a LlamaFactory recipe (it has 'model_name_or_path'); run it with make sft, export or "
                "gptq, and pass a recipe like those in llamafactory_configs/predict to --config"
            ),
        ),
    ],
)
def test_every_problem_is_in_one_line_that_names_where_it_was_given(tmp_path, text, flags, message):
    with pytest.raises(ShopBenchError) as caught:
        read(tmp_path, text, **flags)
    assert str(caught.value) == message.format(path=tmp_path / "predict.yaml")


def test_an_engine_that_cannot_be_held_to_the_same_answers_is_refused(tmp_path):
    text = f"{FILES}deterministic: true\n"
    with pytest.raises(ShopBenchError, match="engine openai can't make a server deterministic"):
        read(tmp_path, f"{text}engine: openai\nbase_urls: [http://x/v1]\n")
    assert read(tmp_path, f"{text}engine: vllm\n").engine.deterministic


@pytest.mark.parametrize("text", ["adapter: a\n", "adapters: {ranking: a}\n"])
def test_an_engine_that_loads_no_adapters_refuses_them(tmp_path, text):
    name = text.partition(":")[0]
    with pytest.raises(ShopBenchError, match=rf"'{name}' is set, but engine openai loads no adapters; pass the name"):
        read(tmp_path, f"{FILES}engine: openai\nbase_urls: [http://a/v1]\n{text}")
    assert read(tmp_path, f"{FILES}engine: transformers\n{text}").engine.list_adapters() == ("a",)
