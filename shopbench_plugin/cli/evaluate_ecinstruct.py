"""`shopbench evaluate-ecinstruct`: eCeLLM's metrics over ECInstruct rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.table import Table

    from converters.rows import Row
    from shopbench_plugin.scoring.ecinstruct import EcInstructAnswer, EcInstructScore
    from shopbench_plugin.scoring.matching import Prediction

_CHECKED_CHARACTERS = 40


def evaluate_ecinstruct(
    predictions: Annotated[
        Path, typer.Option(help="What `shopbench predict` wrote, a row for each of the reference's.")
    ],
    reference: Annotated[str, typer.Option(help="ECInstruct rows: a file, or a folder of TASK/SETTING/test.json.")],
    esci_labels: Annotated[
        Path | None,
        typer.Option(help="eCeLLM's label.json: for each ranking, in order, its items' labels E, S, C or I."),
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write the scores there as JSON.")] = None,
) -> None:
    """Score answers to ECInstruct's rows as eCeLLM's tables do."""
    from dataclasses import asdict

    import orjson
    from rich.console import Console

    from shopbench_plugin.files import write_atomically
    from shopbench_plugin.scoring.ecinstruct import score_ecinstruct
    from shopbench_plugin.scoring.matching import read_predictions

    answers = _match(read_predictions(predictions), list(_read_rows(reference)), predictions, esci_labels)
    scores = score_ecinstruct(answers)
    if json is not None:
        with write_atomically(json) as stream:
            content = {task: asdict(score) for task, score in scores.items()}
            stream.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    Console().print(_make_table(scores))


def _read_rows(reference: str) -> "Iterator[Row]":
    from converters.ecinstruct.reading import read_row
    from converters.pipeline.work import parse_record
    from converters.rows import RowError
    from converters.sources.opening import read_source
    from shopbench_plugin.errors import ShopBenchError

    for block in read_source(reference):
        for number, raw in block.numbered_rows():
            try:
                yield read_row(parse_record(raw, block.defaults))
            except RowError as error:
                raise ShopBenchError(f"{block.file}:{number}: {error}; mend or remove the row") from error


def _match(
    predictions: "Sequence[Prediction]", rows: "Sequence[Row]", path: Path, esci_labels: Path | None
) -> "list[EcInstructAnswer]":
    """Pair rows by their place: ECInstruct asks the same under several wordings, so texts can't tell them apart."""
    from shopbench_plugin.errors import ShopBenchError
    from shopbench_plugin.scoring.ecinstruct import EcInstructAnswer

    if len(predictions) != len(rows):
        raise ShopBenchError(f"{path}: {len(predictions)} answers to {len(rows)} reference rows; answer each row once")
    esci = _assign_esci(rows, esci_labels)
    answers = []
    for prediction, row, labels in zip(predictions, rows, esci, strict=True):
        text = prediction.row.get("prediction")
        if not isinstance(text, str):
            raise ShopBenchError(f"{path}:{prediction.line}: 'prediction' is {text!r:.60}; it must be a string")
        if row.input[:_CHECKED_CHARACTERS] not in prediction.text:
            raise ShopBenchError(f"{path}:{prediction.line}: answers another row than the reference has in this place")
        answers.append(EcInstructAnswer(row.task.name, row.setting, row.output, text, labels))
    return answers


def _assign_esci(rows: "Sequence[Row]", path: Path | None) -> list[tuple[str, ...]]:
    """Return each row's ESCI labels, from eCeLLM's list of them in the order of the rankings."""
    import orjson

    from shopbench_plugin.errors import ShopBenchError

    rankings = [place for place, row in enumerate(rows) if row.task.name == "Query_Product_Rank"]
    assigned: list[tuple[str, ...]] = [()] * len(rows)
    if path is None:
        return assigned
    try:
        lists = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ShopBenchError(f"{path}: cannot be read ({error}); give eCeLLM's data_label/label.json") from error
    if not isinstance(lists, list) or len(lists) != len(rankings):
        raise ShopBenchError(f"{path}: must be a list with one list of labels for each of {len(rankings)} rankings")
    for place, labels in zip(rankings, lists, strict=True):
        if not isinstance(labels, list) or not set(map(str, labels)) <= set("ESCI"):
            raise ShopBenchError(f"{path}: {labels!r:.60} is no list of the labels E, S, C and I")
        assigned[place] = tuple(labels)
    return assigned


def _make_table(scores: "dict[str, EcInstructScore]") -> "Table":
    from rich.table import Table

    table = Table("task", "metric", "score", "questions", "invalid", title="ECInstruct, by eCeLLM's metrics")
    for task, score in scores.items():
        if not score.metrics:
            table.add_row(task, "not scored", score.reason, str(score.questions), "")
        for metric, value in score.metrics.items():
            table.add_row(task, metric, f"{value:.3f}", str(score.questions), str(score.invalid))
    return table
