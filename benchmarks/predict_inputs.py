"""What the predict benchmark runs on: a random model, questions that are all different, four demonstrations a type."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.vocabulary import Message, Question, TaskType
from shopbench_plugin.demonstrations.answers import write_answer
from shopbench_plugin.demonstrations.choice import Demonstration, DemonstrationSet
from shopbench_plugin.engines.interface import Prompt
from shopbench_plugin.formats.questions import read_questions
from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model
from shopbench_plugin.prompting.messages import build_messages
from shopbench_plugin.routing import route_question
from shopbench_plugin.storage.files import read_json_lines

from measurements import MOST_TOKENS

ROOT = Path(__file__).parents[1]
# 98.4 million parameters.
MODEL = TinyModelSettings(hidden_size=768, intermediate_size=2560, layers=12, heads=12)
DEMONSTRATIONS = 4
KIT_BATCH = 16


def write_dialogue(question: Question, shown: DemonstrationSet) -> tuple[Message, ...]:
    """Return the dialogue that the predictor passes to its engine."""
    routed = route_question(question)
    return build_messages(routed, shown.for_question(routed))


def kit_prompts(questions: Sequence[Question], shown: DemonstrationSet, *, grouped: bool) -> list[list[Prompt]]:
    """Return batches as the starter kit makes them: one token for a multiple choice, else a hundred, no constraint."""
    ordered = sorted(questions, key=lambda one: not one.is_multiple_choice) if grouped else list(questions)
    prompts = [
        Prompt(
            write_dialogue(one, shown),
            Constraint(max_tokens=1 if one.is_multiple_choice else MOST_TOKENS),
        )
        for one in ordered
    ]
    return [prompts[start : start + KIT_BATCH] for start in range(0, len(prompts), KIT_BATCH)]


def show_four(development_set: Sequence[Question]) -> DemonstrationSet:
    """Return four demonstrations for every task type."""
    return DemonstrationSet(
        {
            task_type: tuple(
                Demonstration(one, write_answer(one)) for one in development_set if one.task_type == task_type
            )[:DEMONSTRATIONS]
            for task_type in TaskType
        }
    )


def read_inputs(folder: Path) -> tuple[list[Question], DemonstrationSet]:
    """Return what `write_inputs` wrote: the questions, and the demonstrations from the development set."""
    questions = read_questions(folder / "questions.jsonl")
    return questions, show_four(read_questions(folder / "development.jsonl"))


def write_inputs(folder: Path, questions: int, model: Path | None = None) -> None:
    """Write the questions (each of them once), the development set, and a random model if `model` names none."""
    if model is None:
        write_random_model(folder / "model")
    else:
        (folder / "model").symlink_to(model.resolve())
    rows: dict[str, dict[str, Any]] = {}
    for seed in range(1, 100):
        subprocess.run(
            [sys.executable, ROOT / "data" / "sample" / "generate.py", "--output-dir", folder, "--seed", str(seed)],
            check=True,
        )
        for _, row in read_json_lines(folder / "shopbench_sample.jsonl"):
            rows.setdefault(row["input_field"], row)
        if len(rows) >= questions:
            break
    (folder / "shopbench_sample_development.jsonl").rename(folder / "development.jsonl")
    # Kinds and lengths come mixed, as in a track: every seed's rows stand in the order of the tasks.
    ordered = sorted(rows.values(), key=lambda row: hash_text(row["input_field"]))[:questions]
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ordered), encoding="utf-8")


def hash_text(text: str) -> str:
    """Return a key that puts texts in an order of no meaning, the same everywhere."""
    return hashlib.sha256(text.encode()).hexdigest()


def write_random_model(folder: Path) -> None:
    """Write the random model, with a tokenizer for the sample's texts."""
    texts = (value for _, row in read_json_lines(ROOT / "data" / "ecinstruct_sample.jsonl") for value in row.values())
    create_tiny_model((text for text in texts if isinstance(text, str)), folder, MODEL)
