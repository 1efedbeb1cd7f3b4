"""An engine that answers by rule, and files of questions."""

from pathlib import Path

import orjson
import pytest

from shopbench_plugin.engines.interface import Completion


class RuleEngine:
    """Answers with `answer(prompt)` in an order of its own (last first); remembers what it was asked.

    Attributes:
        late_after: from this many answers on, time is up.
        refused: what a question must hold to be refused.
    """

    def __init__(self, answer=lambda prompt: "1", *, late_after=None, refused=None, context_length=4096, tokens=1):
        self.answer = answer
        self.refused = refused
        self.late_after = late_after
        self.context_length = context_length
        self.tokens = tokens
        self.asked = []
        self.deadlines = []
        self.is_closed = False

    def count_tokens(self, messages):
        return self.tokens

    def complete(self, prompts, deadline=None):
        self.asked.append(list(prompts))
        self.deadlines.append(deadline)
        for done, index in enumerate(reversed(range(len(prompts)))):
            if self.late_after is not None and done >= self.late_after:
                yield index, Completion("", "deadline")
            elif self.refused and self.refused in prompts[index].messages[-1].content:
                yield index, Completion("", "refused", refusal="too long")
            else:
                yield index, Completion(self.answer(prompts[index]), "stop", prompt_tokens=8, cached_tokens=4)

    def close(self):
        self.is_closed = True


@pytest.fixture
def rule_engine():
    return RuleEngine


@pytest.fixture
def write_questions(tmp_path):
    """Return a function that writes a file of choice questions, one for each text."""

    def write(texts, name="questions.jsonl") -> Path:
        path = tmp_path / name
        rows = [
            {"input_field": f"{text}\n0. tea\n1. salt\n2. soap\nAnswer: ", "is_multiple_choice": True} for text in texts
        ]
        path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        return path

    return write
