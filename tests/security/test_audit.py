"""The audit tells advisories from silence: a service that has nothing against a bad version has not answered."""

import importlib.util
import json
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "requirements" / "audit.py"
ADVISORY = {"id": "EX-2026-1", "fix_versions": ["2.11"]}


@pytest.fixture
def audit():
    spec = importlib.util.spec_from_file_location("audit", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def pip_audit(monkeypatch):
    """Let a function of (requirements file's name, service) answer in pip-audit's place."""

    def answer_with(answer):
        def run(command, **_):
            file = Path(command[command.index("--requirement") + 1]).name
            packages = answer(file, command[command.index("--vulnerability-service") + 1])
            return subprocess.CompletedProcess(command, 0, packages if isinstance(packages, str) else dump(packages))

        monkeypatch.setattr(subprocess, "run", run)

    return answer_with


def dump(packages):
    return json.dumps({"dependencies": packages, "fixes": []})


def bad(name):
    return [{"name": name, "version": "2.10", "vulns": [ADVISORY]}]


def good(name):
    return [{"name": name, "version": "2.10", "vulns": []}]


def test_no_service_that_answers_is_said_in_one_line(audit, pip_audit, capsys):
    pip_audit(
        lambda file, service: [{"name": "jinja2", "skip_reason": "not found"}] if service == "pypi" else "Traceback"
    )
    assert audit.main() == 0
    assert capsys.readouterr() == (
        "",
        "audit: not done, no advisory service answers (PyPI's JSON API, OSV); try it elsewhere\n",
    )


def test_the_next_service_is_asked_where_the_first_does_not_know_a_bad_version(audit, pip_audit, capsys):
    pip_audit(lambda file, service: bad("jinja2") if file == "probe.txt" and service == "osv" else good("x"))
    assert audit.main() == 0
    assert capsys.readouterr().out == "audit: osv knows of no advisory\n"


def test_an_advisory_fails_the_audit_and_is_named(audit, pip_audit, capsys):
    pip_audit(lambda file, service: bad("tool") if file in {"probe.txt", "gpu.txt"} else good("x"))
    assert audit.main() == 1
    assert capsys.readouterr().out == "gpu.txt: tool 2.10 has EX-2026-1, fixed in 2.11\n"
