"""The type of number for a model, from its config and the machine."""

import pytest

from shopbench_plugin.models.arithmetic import Machine, choose_dtype, has_bfloat16_flags

SLOW_CPU, FAST_CPU = Machine(None, has_fast_bfloat16=False), Machine(None, has_fast_bfloat16=True)
T4, A100 = Machine((7, 5), has_fast_bfloat16=True), Machine((8, 0), has_fast_bfloat16=True)
BRAIN, QUANTIZED = {"dtype": "bfloat16"}, {"dtype": "bfloat16", "quantization_config": {"bits": 4}}


@pytest.mark.parametrize(
    ("config", "machine", "dtype"),
    [
        (BRAIN, SLOW_CPU, "float32"),
        (BRAIN, FAST_CPU, "auto"),
        (BRAIN, T4, "float16"),
        (BRAIN, A100, "auto"),
        ({"torch_dtype": "bfloat16"}, SLOW_CPU, "float32"),
        (QUANTIZED, SLOW_CPU, "auto"),
        ({"dtype": "float32"}, FAST_CPU, "auto"),
        ({"dtype": "float16"}, SLOW_CPU, "auto"),
        ({}, SLOW_CPU, "auto"),
    ],
)
def test_a_faster_type_is_chosen_where_it_is_no_less_exact(config, machine, dtype):
    assert choose_dtype(config, machine) == dtype


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("fpu avx512f avx512_bf16", True), ("amx_bf16 amx_tile", True), ("fpu avx512f", False), ("avx512_bf16x", False)],
)
def test_the_cpus_instructions_are_read_from_linux(tmp_path, flags, expected):
    path = tmp_path / "cpuinfo"
    path.write_text(f"model name : avx512_bf16\nflags\t\t: {flags}\n", encoding="utf-8")
    assert has_bfloat16_flags(path) is expected


def test_a_system_that_does_not_tell_has_none(tmp_path):
    assert has_bfloat16_flags(tmp_path / "cpuinfo") is False
