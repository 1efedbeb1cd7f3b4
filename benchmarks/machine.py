"""The machine that benchmarks run on, and what other programs take of it."""

import os
import platform
import resource
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("torch", "transformers", "llamafactory", "vllm", "outlines", "orjson", "datasets", "sentence-transformers")


def describe_machine() -> str:
    """Return a line on processor, system and versions."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    processor = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    packages = ", ".join(f"{name} {_find_version(name)}" for name in _PACKAGES)
    machine = f"{os.cpu_count()} x {processor or platform.machine()}, {platform.system()}"
    return f"{machine}, Python {platform.python_version()}, {packages}"


def read_processor_seconds() -> float:
    """Return what all processes that this one started and that ended have used, on all cores together."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_llamafactory(stage: str, recipe: Path | str, *overrides: str) -> float:
    """Run llamafactory-cli on one thread and return the processor seconds that it took."""
    program = Path(sys.executable).with_name("llamafactory-cli")
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    before = read_processor_seconds()
    subprocess.run([program, stage, recipe, *overrides], check=True, capture_output=True, env=environment)
    return read_processor_seconds() - before


def _find_version(package: str) -> str:
    for name in (package, f"{package}-cpu"):  # vLLM's build for CPUs has a name of its own
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "(absent)"
