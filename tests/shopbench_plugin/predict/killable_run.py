"""A run to be killed: `python killable_run.py QUESTIONS OUTPUT LOG MOST` answers with an engine that takes its time.

Everything but the engine is the real thing. The engine notes each question in LOG before it answers. After MOST answers
it waits for a line on standard input, so that no kill comes too late.
"""

import sys
import time
from pathlib import Path

from shopbench_plugin.engines.interface import Completion
from shopbench_plugin.engines.transformers_engine import TransformersSettings
from shopbench_plugin.predict.run import predict_file
from shopbench_plugin.predict.settings import PredictSettings


class SlowEngine:
    context_length = 4096

    def __init__(self, log: Path, most: int) -> None:
        self.log = log
        self.most = most

    def count_tokens(self, messages) -> int:
        return 1

    def complete(self, prompts, deadline=None):
        for index, prompt in enumerate(prompts):
            with self.log.open("a", encoding="utf-8") as stream:
                stream.write(prompt.messages[-1].content.splitlines()[-1] + "\n")
            if index == self.most:
                sys.stdin.readline()
            time.sleep(0.005)
            yield index, Completion(f"answer {index}", "stop")

    def close(self) -> None:
        pass


if __name__ == "__main__":
    questions, output, log = map(Path, sys.argv[1:4])
    predict_file(
        PredictSettings(engine=TransformersSettings(model="none"), input=questions, output=output),
        SlowEngine(log, int(sys.argv[4])),
    )
