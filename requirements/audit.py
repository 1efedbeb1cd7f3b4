# ruff: noqa: INP001  a script, no package
"""Check the locked versions against published advisories: python requirements/audit.py, or make audit.

pip-audit does the work; uv brings it into an environment of its own. It takes its advisories from the package index
(PyPI's JSON API, which mirrors as a rule don't have) or from OSV. Where neither answers, one line says so and the exit
status is 0: that is no finding, and no proof of none. The exit status is 1 where a locked version has an advisory.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parent
_SERVICES = ("pypi", "osv")
_KNOWN_TO_BE_BAD = "jinja2==2.10"
"""CVE-2019-10906: a service that has nothing against it doesn't answer, whatever pip-audit's summary says."""
_SECONDS = 600


def main() -> int:
    """Print the advisories of each lock file; return the exit status."""
    service = next(filter(_answers, _SERVICES), None)
    if service is None:
        sys.stderr.write("audit: not done, no advisory service answers (PyPI's JSON API, OSV); try it elsewhere\n")
        return 0
    found = [f"{lock.name}: {one}" for lock in sorted(_FOLDER.glob("?pu.txt")) for one in _audit(lock, service)]
    sys.stdout.write("".join(f"{line}\n" for line in found) or f"audit: {service} knows of no advisory\n")
    return 1 if found else 0


def _answers(service: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "probe.txt"
        probe.write_text(_KNOWN_TO_BE_BAD)
        return any(_audit(probe, service))


def _audit(requirements: Path, service: str) -> Iterator[str]:
    for package in _run_pip_audit(("--requirement", str(requirements), "--vulnerability-service", service)):
        for advisory in package.get("vulns", ()):
            fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
            yield f"{package['name']} {package['version']} has {advisory['id']}, fixed in {fixed}"


def _run_pip_audit(arguments: Sequence[str]) -> list[dict[str, Any]]:
    """Return what pip-audit says of each package, nothing where it fails."""
    tool = [sys.executable, "-m", "uv", "tool", "run", "--quiet", "pip-audit", "--format", "json", "--timeout", "10"]
    options = ["--no-deps", "--disable-pip", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            [*tool, *options, *arguments], capture_output=True, check=False, timeout=_SECONDS, text=True
        )
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        return []
    return packages


if __name__ == "__main__":
    sys.exit(main())
