"""The type of number for a model, from its config and the machine."""

import pytest

from shopbench_plugin.models import arithmetic
from shopbench_plugin.models.arithmetic import Machine, choose_dtype, read_cpu_flags

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
        ({"dtype": "float16"}, SLOW_CPU, "float32"),
        ({"dtype": "float16"}, FAST_CPU, "float32"),
        ({"dtype": "float16"}, Machine(None, True, has_fast_float16=True), "auto"),
        ({"dtype": "float16"}, T4, "auto"),
        ({"dtype": "float16", "quantization_config": {"bits": 4}}, SLOW_CPU, "auto"),
        (BRAIN | {"quantization_config": None}, SLOW_CPU, "float32"),
        ({}, SLOW_CPU, "auto"),
    ],
)
def test_a_faster_type_is_chosen_where_it_is_no_less_exact(config, machine, dtype):
    assert choose_dtype(config, machine) == dtype


def test_the_cpus_instructions_are_read_from_linux(tmp_path):
    path = tmp_path / "cpuinfo"
    path.write_text(
        "model name : avx512_bf16\nflags\t\t: fpu amx_bf16\n\nflags\t\t: fpu avx512_fp16\n", encoding="utf-8"
    )
    assert read_cpu_flags(path) == {"fpu", "amx_bf16", "avx512_fp16"}


def test_a_system_that_does_not_tell_has_none(tmp_path):
    assert read_cpu_flags(tmp_path / "cpuinfo") == frozenset()


@pytest.mark.model
@pytest.mark.parametrize(
    ("flags", "bfloat16_seconds", "machine"),
    [
        ({"avx512_bf16", "avx512_fp16"}, 0.5, Machine(None, True, has_fast_float16=True)),
        ({"amx_bf16"}, 0.5, FAST_CPU),
        ({"amx_bf16", "avx512_fp16"}, 2.0, SLOW_CPU),
        ({"avx512f", "avx512_bf16x", "avx512_fp16"}, 0.5, SLOW_CPU),
    ],
)
def test_a_cpu_is_fast_in_what_it_has_instructions_for(flags, bfloat16_seconds, machine, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(arithmetic, "read_cpu_flags", lambda _: frozenset(flags))
    monkeypatch.setattr(arithmetic, "_measure", {"bfloat16": bfloat16_seconds, "float32": 1.0}.__getitem__)
    assert arithmetic.describe_machine.__wrapped__() == machine
