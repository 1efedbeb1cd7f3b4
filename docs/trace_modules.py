"""Print the modules that rows pass on their conversion, and questions from their file to their score.

The sample's first rows are converted, and its questions asked (few-shot, of an engine that repeats one answer) and
evaluated, all through the commands; a module counts where one of its functions runs. The modules of `once` run as often
for twice as many rows. Run it at the root: `python docs/trace_modules.py`.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from shopbench_plugin.engines.interface import Completion, Prompt
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.predict import PredictSettings
from shopbench_plugin.predict.run import predict_file

ROOT = Path(__file__).parents[1]
PACKAGES = ("shopbench_plugin/", "converters/")


class RepeatingEngine:
    """Gives one answer to everything."""

    context_length = 4096

    def count_tokens(self, _messages: object) -> int:
        """Return a number that fits."""
        return 5

    def complete(self, prompts: Sequence[Prompt], _deadline: float | None) -> Iterator[tuple[int, Completion]]:
        """Yield the answer for each prompt."""
        return ((index, Completion("The answer is 1.", "stop")) for index in range(len(prompts)))

    def close(self) -> None:
        """Hold nothing."""


def run(*arguments: str | Path) -> None:
    """Run a command; raise where it fails."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    if result.exit_code:
        raise SystemExit(result.output)


def convert(rows: Path, folder: Path) -> None:
    """Convert a file of rows."""
    run("convert", "--source", rows, "--output-dir", folder, "--name", "traced")


def ask(questions: Path, folder: Path) -> None:
    """Answer a file of questions and score the answers."""
    output = folder / "predictions.jsonl"
    settings = PredictSettings(
        engine=TransformersSettings(model="absent"),
        input=questions,
        output=output,
        preset="fewshot",
        development_set=ROOT / "data" / "shopbench_sample_development.jsonl",
        overwrite=True,
    )
    predict_file(settings, RepeatingEngine())
    run("evaluate", "--predictions", output, "--reference", questions)


def count_calls(function: Callable[[Path, Path], None], file: Path, folder: Path) -> Counter[str]:
    """Return how often each of the project's modules runs a function of its own, imports left out."""
    calls: Counter[str] = Counter()

    def note(frame: Any, event: str, _argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(ROOT)) and code.co_name != "<module>":
            calls[code.co_filename.removeprefix(f"{ROOT}/")] += 1

    function(file, folder)
    sys.setprofile(note)
    try:
        function(file, folder)
    finally:
        sys.setprofile(None)
    return Counter({name: count for name, count in calls.items() if name.startswith(PACKAGES)})


def take_rows(data: Path, key: str, count: int, output: Path) -> Path:
    """Write the first `count` rows of each task."""
    seen: Counter[str] = Counter()
    with output.open("w", encoding="utf-8") as stream:
        for line in data.read_text(encoding="utf-8").splitlines(keepends=True):
            task = json.loads(line)[key]
            seen[task] += 1
            if seen[task] <= count:
                stream.write(line)
    return output


def main() -> None:
    """Trace both ways and print their modules."""
    ways = (
        ("row", convert, "ecinstruct_sample.jsonl", "task"),
        ("question", ask, "shopbench_sample.jsonl", "task_name"),
    )
    for title, function, data, key in ways:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            few, more = (
                count_calls(function, take_rows(ROOT / "data" / data, key, count, folder / f"{count}.jsonl"), folder)
                for count in (2, 4)
            )
        each = sorted(module for module in more if more[module] > few[module])
        print(f"{title}: {len(more)} modules, {len(each)} of them for each {title}")
        print("  each:", *each, sep="\n    ")
        print("  once:", *sorted(more.keys() - set(each)), sep="\n    ")


if __name__ == "__main__":
    main()
