"""The sentences that ask for the answer alone, or for a short thought before it; the texts stand in sentences.yaml."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.core.yaml_files import STRICT, read_yaml
from shopbench_plugin.language.detection import Language


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of every task type and language, and those of the chain-of-thought mode."""

    direct_answer: dict[TaskType, dict[Language, str]]
    chain_of_thought: dict[Language, str]

    __pydantic_config__ = STRICT


@cache
def read_sentences() -> Sentences:
    """Return the project's sentences."""
    with resources.as_file(resources.files("shopbench_plugin.language") / "sentences.yaml") as path:
        return read_yaml(path, Sentences)
