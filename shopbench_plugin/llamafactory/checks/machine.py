"""What the machine offers that a recipe may require, detected without importing torch."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from shutil import which

_AMPERE = 8.0
"""Compute capability from which NVIDIA's GPUs support bfloat16 (CUDA programming guide)."""


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine.

    Attributes:
        has_gpu: whether there is a GPU that torch may use.
        has_bfloat16: whether it supports bfloat16.
        is_offline: whether HF_HUB_OFFLINE stops Hugging Face's libraries from contacting the hub.
        find_version: returns the installed version of a package, None if it is not installed.
    """

    has_gpu: bool
    has_bfloat16: bool
    is_offline: bool
    find_version: Callable[[str], str | None]

    def find_flaw(self, requirement: str) -> str:
        """Return why a requirement, such as "gptqmodel>=2.0.0", is not met; "" if it is."""
        from packaging.requirements import Requirement

        wanted = Requirement(requirement)
        installed = self.find_version(wanted.name)
        if installed is None:
            return "which is not installed"
        return "" if wanted.specifier.contains(installed, prereleases=True) else f"but {installed} is installed"


def look_at_machine() -> Machine:
    """Return what this machine has."""
    capabilities = _read_compute_capabilities()
    is_other_gpu = Path("/dev/kfd").exists()  # AMD GPUs, which support bfloat16
    return Machine(
        has_gpu=bool(capabilities) or is_other_gpu,
        has_bfloat16=is_other_gpu or (bool(capabilities) and min(capabilities) >= _AMPERE),
        is_offline=os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"},
        find_version=_find_version,
    )


@cache
def _find_version(package: str) -> str | None:
    """Return "0" for a module that another distribution provides, as tb-nightly does tensorboard."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "0" if find_spec(package) else None


def _read_compute_capabilities() -> list[float]:
    if os.environ.get("CUDA_VISIBLE_DEVICES") in {"", "-1"}:
        return []
    program = which("nvidia-smi")
    if program is None:
        return []
    try:
        shown = subprocess.run(
            [program, "--query-gpu=compute_cap", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout
        return [float(line) for line in shown.split()]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []


def find_in_hub_cache(name: str) -> Path | None:
    """Return the folder of a hub model's newest snapshot in Hugging Face's cache (huggingface_hub/constants.py)."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    snapshots = cache / f"models--{name.replace('/', '--')}" / "snapshots"
    found = sorted(snapshots.glob("*/config.json"), key=lambda path: path.stat().st_mtime)
    return found[-1].parent if found else None
