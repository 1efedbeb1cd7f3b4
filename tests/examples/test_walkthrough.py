"""The notebook runs from its first cell to its last, and is stored without outputs."""

from pathlib import Path

import nbformat
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def read_notebook():
    return nbformat.read(EXAMPLES / "walkthrough.ipynb", as_version=4)


def list_code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_notebook_is_stored_without_outputs():
    code = list_code(read_notebook())
    assert len(code) > 8
    assert [cell for cell in code if cell.outputs or cell.execution_count] == []


@pytest.mark.slow
def test_the_notebook_runs_and_shows_what_it_says():
    from nbclient import NotebookClient

    notebook = read_notebook()
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(EXAMPLES)}}).execute()
    texts = ("".join(one.get("data", {}).get("text/plain", "") for one in cell.outputs) for cell in list_code(notebook))
    shown = [" ".join(text.split()) for text in texts]  # long values are printed on several lines
    assert shown[1].startswith("(400, {'instruction': ")
    assert shown[3].startswith("(<TaskType.RETRIEVAL: 'retrieval'>, ('1', '2', '3', '4'), 2, ")
    assert shown[5].count("'1,3'") == 2
    assert shown[7].count("multiple-choice") == 2
    assert shown[8].endswith(", 8)")
