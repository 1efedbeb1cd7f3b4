"""Calibration texts for GPTQ: dialogues of the training set, concatenated until they are long enough.

LlamaFactory reads the column `text`, draws texts with replacement and cuts a window of `export_quantization_maxlen`
tokens out of each; a text must be longer than the window (model/model_utils/quantization.py). One dialogue rarely is.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.progress import announce
from shopbench_plugin.ecinstruct.rows import Example, join_question
from shopbench_plugin.models.chat_rendering import ChatTemplate, read_chat_template
from shopbench_plugin.models.chat_template import SYSTEM_PROMPTS, write_chat_template
from shopbench_plugin.models.markup import open_template
from shopbench_plugin.models.row_lengths import CountTokens, open_token_counter
from shopbench_plugin.routing import route
from shopbench_plugin.storage.files import dump_json_line, read_json_lines, write_atomically
from shopbench_plugin.storage.paths import check_places, list_model_files

# Without a tokenizer, a text gets this many characters for each required token: more than any shopping text needs.
_CHARACTERS_PER_TOKEN = 8
# Rows drawn for each text: enough for short dialogues, few enough to keep a large set out of memory.
_ROWS_PER_TEXT = 16
_COLUMNS_OF_RAW_ROWS = ("task", "options")


@dataclass(frozen=True, slots=True)
class CalibrationSettings:
    """What a calibration file is made from.

    Attributes:
        data: a converted dataset, JSONL with alpaca columns.
        output: the file to write.
        tokenizer: a folder with the model's tokenizer.json; None overestimates lengths from characters.
        texts: how many texts to write.
        length: number of tokens that every text exceeds; at least `export_quantization_maxlen` of the export.
        template: a LlamaFactory template; None for the tokenizer's own chat template.
        seed: seed of the draws.
    """

    data: Path
    output: Path
    tokenizer: Path | None = None
    texts: int = 256
    length: int = 1024
    template: str | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class CalibrationSummary:
    """Number of texts, length of the shortest in tokens (0 without a tokenizer), and dialogues by task type."""

    texts: int
    shortest: int
    task_types: dict[str, int]


def write_calibration(settings: CalibrationSettings) -> CalibrationSummary:
    """Write the calibration file; the same data and seed produce the same file.

    Raises:
        ShopBenchError: the data, the tokenizer or the template can't be used, or the output is the data.
    """
    if settings.texts < 1 or settings.length < 1:
        raise ShopBenchError("--texts and --length must be at least 1")
    check_places(
        [settings.data, *(list_model_files(settings.tokenizer) if settings.tokenizer else ())], [settings.output]
    )
    write = _choose_markup(settings)
    announce(f"drawing calibration texts from {settings.data}")
    examples = _draw_examples(settings)
    task_types = [str(route(join_question(example)).task_type) for example in examples]
    order = spread_evenly(task_types)
    dialogues = [write(join_question(examples[number]), examples[number].output) for number in order]
    # Without a tokenizer, a text's length is estimated in characters.
    measure = open_token_counter(settings.tokenizer) if settings.tokenizer else len
    length = settings.length if settings.tokenizer else settings.length * _CHARACTERS_PER_TOKEN
    texts = list(islice(_join_dialogues(dialogues, measure, length), settings.texts))
    with write_atomically(settings.output) as stream:
        stream.writelines(dump_json_line({"text": text}) for text, _ in texts)
    shortest = min(size for _, size in texts) if settings.tokenizer else 0
    return CalibrationSummary(len(texts), shortest, dict(Counter(task_types).most_common()))


def spread_evenly(kinds: list[str]) -> list[int]:
    """Return the positions of `kinds` in an order in which every stretch has about the same proportions of kinds."""
    totals = Counter(kinds)
    seen: Counter[str] = Counter()
    places = []
    for position, kind in enumerate(kinds):
        seen[kind] += 1
        places.append(((seen[kind] - 0.5) / totals[kind], position))
    return [position for _, position in sorted(places)]


def _draw_examples(settings: CalibrationSettings) -> list[Example]:
    """Return rows drawn from the whole file in one pass (reservoir sampling), in random order."""
    draw = random.Random(settings.seed)  # noqa: S311 - no secret
    wanted = settings.texts * _ROWS_PER_TEXT
    drawn: list[Example] = []
    for count, (number, row) in enumerate(read_json_lines(settings.data)):
        example = _read_example(row, f"{settings.data}:{number}")
        place = count if count < wanted else draw.randrange(count + 1)
        if place < wanted:
            drawn[place : place + 1] = [example]
    if not drawn:
        raise ShopBenchError(f"{settings.data}: contains no rows; pass a file that `shopbench convert` wrote")
    draw.shuffle(drawn)
    return drawn


def _read_example(row: dict[str, Any], place: str) -> Example:
    if not row.keys().isdisjoint(_COLUMNS_OF_RAW_ROWS):
        raise ShopBenchError(f"{place}: is an unconverted ECInstruct row; run `shopbench convert` on the file first")
    if not all(isinstance(row.get(column), str) for column in Example._fields):
        raise ShopBenchError(
            f"{place}: instruction, input or output is missing; pass a file that `shopbench convert` wrote"
        )
    return Example(*(row[column] for column in Example._fields))


def _choose_markup(settings: CalibrationSettings) -> Callable[[str, str], str]:
    """Return a renderer of dialogues: the named template, else the tokenizer's own, else the shopping template."""
    name, folder = settings.template, settings.tokenizer
    if name is not None and name not in SYSTEM_PROMPTS:
        if folder is None:
            raise ShopBenchError(f"template '{name}' uses its model's tokenizer; pass --tokenizer FOLDER")
        return open_template(name, folder)
    own = read_chat_template(folder) if name is None and folder is not None else None
    source = write_chat_template(SYSTEM_PROMPTS[name or "qwen2_shopbench"])
    chat = own or ChatTemplate(folder or Path("qwen2"), source, {})

    def write(question: str, answer: str) -> str:
        turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        return chat.render(turns, add_generation_prompt=False)

    return write


def _join_dialogues(dialogues: list[str], measure: CountTokens, length: int) -> Iterator[tuple[str, int]]:
    """Yield texts longer than `length` with their sizes, endlessly: after the last dialogue, start again."""
    sizes = [measure(dialogue) for dialogue in dialogues]
    position = 0
    while True:
        start, size = position, 0
        while size <= length + position - start:  # joining two dialogues may save a token
            size += sizes[position % len(dialogues)]
            position += 1
        text = "".join(dialogues[number % len(dialogues)] for number in range(start, position))
        yield text, measure(text)
