"""Try one rule on inputs that a fuzzer makes up, guided by which code they reach.

    python -m fuzz TARGET [--seconds 60] [--folder outputs/fuzz]

TARGET is a name in targets.py. It needs atheris, which wants an environment of its own; docs/fuzzing.md says how to
make it. FOLDER/TARGET/corpus holds the inputs that reach new code, where the next run goes on, FOLDER/TARGET/findings
one input for every place where the rule broke. How many inputs were tried is in the last lines.
"""

import argparse
import hashlib
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["shopbench_plugin", "converters", "yaml"]):
    from fuzz.rules import BrokenRuleError
    from fuzz.targets import TARGETS, Target

_ROOT = Path(__file__).resolve().parents[1]
_SLOW_SECONDS = 2.0
_LONGEST_INPUT = 4096


def main() -> None:
    """Read the command line and fuzz until the time is up."""
    parser = argparse.ArgumentParser(
        "python -m fuzz", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--folder", type=Path, default=_ROOT / "outputs" / "fuzz")
    arguments = parser.parse_args()
    folder = arguments.folder / arguments.target
    target = TARGETS[arguments.target]
    words = _prepare(folder, target)
    options = (
        f"-max_total_time={arguments.seconds}",
        f"-max_len={_LONGEST_INPUT}",
        "-timeout=60",
        "-rss_limit_mb=4096",
    )
    command = [
        sys.argv[0],
        *options,
        f"-dict={words}",
        f"-artifact_prefix={folder / 'findings'}/",
        str(folder / "corpus"),
    ]
    atheris.Setup([*command, "-print_final_stats=1", "-verbosity=0"], _keep_findings(target.check, folder / "findings"))
    atheris.Fuzz()


def _prepare(folder: Path, target: Target) -> Path:
    """Write the seeds and the words; return the file of words."""
    for name in ("corpus", "findings"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (folder / "corpus" / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = folder / "words.dict"
    words.write_text("".join(f'"{_escape(word)}"\n' for word in target.words))
    return words


def _escape(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode("utf-8", "surrogatepass"))


def _keep_findings(check: Callable[[bytes], None], folder: Path) -> Callable[[bytes], None]:
    """Return a check that writes an input down where the rule breaks in a new place, and goes on."""
    known: set[str] = set()

    def check_and_keep(content: bytes) -> None:
        started = time.process_time()
        problem = _find_problem(check, content)
        if problem is None and time.process_time() - started > _SLOW_SECONDS:
            problem = f"slow: {len(content) // 1024} KB"
        if problem and problem not in known:
            known.add(problem)
            name = hashlib.sha256(problem.encode()).hexdigest()[:12]
            (folder / name).write_bytes(content)
            sys.stdout.write(f"FINDING {name}: {problem}\n")
            sys.stdout.flush()

    return check_and_keep


def _find_problem(check: Callable[[bytes], None], content: bytes) -> str | None:
    """Return what broke and where; the same for all inputs that break the same rule in the same place."""
    try:
        check(content)
    except Exception as error:  # noqa: BLE001  every exception that gets here is a finding
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-2:]]
        rule = str(error).partition(",")[0] if isinstance(error, BrokenRuleError) else ""
        return f"{type(error).__name__} at {' > '.join(places)} {rule}"
    return None


def _is_own(file: str) -> bool:
    return "site-packages" not in file and not file.endswith(("fuzz/rules.py", "fuzz/__main__.py"))


if __name__ == "__main__":
    main()
