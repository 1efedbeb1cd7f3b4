"""Datasets on the Hugging Face hub, streamed so that they aren't stored twice."""

from collections.abc import Iterator

from converters.sources.blocks import Block, group_rows
from shopbench_plugin.core.errors import ShopBenchError


def read_hub(dataset_id: str) -> Iterator[Block]:
    """Yield the rows of a hub dataset's "train" split; ECInstruct has only this one, and a column `split`.

    Raises:
        ShopBenchError: `datasets` is missing, or the dataset can't be loaded.
    """
    try:
        import datasets
    except ImportError as error:
        raise ShopBenchError(
            f"{dataset_id}: reading from the hub needs the package datasets: pip install datasets"
        ) from error
    try:
        rows = datasets.load_dataset(dataset_id, split="train", streaming=True)
        yield from group_rows((dict(row) for row in rows), dataset_id)
    except (OSError, ValueError, datasets.exceptions.DatasetsError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ShopBenchError(f"{dataset_id}: no such file, and it can't be loaded from the hub ({reason})") from error
