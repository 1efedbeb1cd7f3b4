"""Settings that make no sense are refused where they are read, by name."""

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.yaml_files import read_yaml
from shopbench_plugin.predict.settings import PredictSettings

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
        ("base_urls", "[]", "tuple should have at least 1 item"),
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
    path.write_text(f"{name}: {value}\n", encoding="utf-8")
    with pytest.raises(ShopBenchError, match=rf"predict\.yaml: '{name}' is .*: {message}"):
        read_yaml(path, PredictSettings)


def test_the_least_that_makes_sense_passes(tmp_path):
    path = tmp_path / "predict.yaml"
    path.write_text("retries: 0\nconnections: 1\nseconds_per_run: 0.001\ngpu_memory_utilization: 1\n", encoding="utf-8")
    settings = read_yaml(path, PredictSettings)
    assert (settings.retries, settings.connections, settings.seconds_per_run) == (0, 1, 0.001)
