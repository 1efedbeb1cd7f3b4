"""Try one of the rules that know the right answer on random choices of its parts, without a fuzzer.

    python -m fuzz.known TARGET [--inputs 2000000] [--folder outputs/fuzz]

The parts are mixed evenly, which a fuzzer that hunts for new code doesn't do, and nothing is instrumented: some
thousand inputs a second. FOLDER/TARGET/tried.json holds how many were tried and is brought up to date every few
seconds; a run that was stopped goes on from there. What breaks the rule is printed once a kind, and the run goes on.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from fuzz.answers import check_known_answer
from fuzz.known_questions import check_known_question
from fuzz.known_recipes import check_known_recipe
from fuzz.known_rows import check_known_row
from fuzz.known_sources import check_known_source
from fuzz.rules import BrokenRuleError

_LENGTH: Final = 32
_CHOICES: Final = 3
_MOST_TEXTS: Final = 16
_LONGEST_TEXT: Final = 4
_PIECES: Final = (*"a\"'\\\n\r\t{}[],:|1 é\u2028\x85\ufeffİB𝒳", "None", "null", '{"a":', '[{"', "0. ", "A: ")
_BLOCK: Final = 2_000
_LONGEST_FINDING: Final = 400


class Known(NamedTuple):
    """A rule, and how an input of it is made."""

    check: Callable[[bytes], None]
    make: Callable[[random.Random], bytes]


def _make_choices(choices: random.Random) -> bytes:
    return choices.randbytes(_LENGTH)


def _make_texts(choices: random.Random) -> bytes:
    """Return some bytes that choose, then texts of odd pieces, which zero bytes part."""
    lengths = (choices.randrange(_LONGEST_TEXT + 1) for _ in range(choices.randrange(_MOST_TEXTS)))
    texts = ["".join(choices.choices(_PIECES, k=length)) for length in lengths]
    return choices.randbytes(_CHOICES) + "\0".join(texts).encode()


_TARGETS: Final = {
    "known-questions": Known(check_known_question, _make_choices),
    "known-answers": Known(check_known_answer, _make_choices),
    "known-recipes": Known(check_known_recipe, _make_choices),
    "known-rows": Known(check_known_row, _make_texts),
    "known-sources": Known(check_known_source, _make_texts),
}


def main() -> None:
    """Read the command line and try inputs until their number is reached."""
    parser = argparse.ArgumentParser(
        "python -m fuzz.known", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("target", choices=sorted(_TARGETS))
    parser.add_argument("--inputs", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, default=Path("outputs/fuzz"))
    arguments = parser.parse_args()
    file = arguments.folder / arguments.target / "tried.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    tried = orjson.loads(file.read_bytes()) if file.exists() else {"inputs": 0, "broken": 0, "seconds": 0.0}
    known: set[str] = set()
    while tried["inputs"] < arguments.inputs:
        started = time.process_time()
        for finding in try_block(_TARGETS[arguments.target], tried["inputs"]):
            tried["broken"] += 1
            kind = finding[:_LONGEST_FINDING]
            if kind not in known:
                known.add(kind)
                sys.stdout.write(f"FINDING {kind}\n")
                sys.stdout.flush()
        tried["inputs"] += _BLOCK
        tried["seconds"] += time.process_time() - started
        file.write_bytes(orjson.dumps(tried))


def try_block(known: Known, first: int) -> Iterator[str]:
    """Yield what the inputs from number `first` on break; the same number makes the same inputs."""
    choices = random.Random(first)  # noqa: S311  no secret
    for _ in range(_BLOCK):
        content = known.make(choices)
        try:
            known.check(content)
        except BrokenRuleError as error:
            yield str(error)


if __name__ == "__main__":
    main()
