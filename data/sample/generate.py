"""Write the sample data: `python data/sample/generate.py` remakes the committed files byte for byte.

Every text is made up from the YAML files in catalog/; the same seed gives the same files on every machine.
"""

import argparse
import json
from pathlib import Path
from random import Random
from typing import Any

from catalog import read_catalog
from draws import Draws
from question_sets import draw_development_set, draw_evaluation_set
from training_set import draw_training_set

_DATA = Path(__file__).parents[1]


def write_sample(output_dir: Path, seed: int) -> None:
    """Write the three files; the questions are drawn first, so that no training row repeats one."""
    draws = Draws(read_catalog(), Random(seed))
    _write(output_dir / "shopbench_sample.jsonl", draw_evaluation_set(draws))
    _write(output_dir / "shopbench_sample_development.jsonl", draw_development_set(draws))
    _write(output_dir / "ecinstruct_sample.jsonl", draw_training_set(draws))


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8", newline="\n")


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output-dir", type=Path, default=_DATA, help="where the three files go (default: data/)")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other rows (default: 0)")
    arguments = parser.parse_args()
    write_sample(arguments.output_dir, arguments.seed)


if __name__ == "__main__":
    _main()
