"""The ten ECInstruct tasks, with their types from Table 2 of the paper, and the settings.

The dataset on the hub and the authors' scripts spell some task names differently.
"""

from functools import lru_cache

from shopbench_plugin.core.errors import shorten, unknown_name
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.rows import Layout, Measure, RowError, Task

_CHOICE = TaskType.MULTIPLE_CHOICE
TASKS = [
    Task("Product_Relation_Prediction", _CHOICE, Layout.OPTION, Measure.CLASSES, ("Product_Relation_Predicition",)),
    Task("Sentiment_Analysis", _CHOICE, Layout.OPTION, Measure.CLASSES),
    Task("Multiclass_Product_Classification", _CHOICE, Layout.OPTION, Measure.CLASSES),
    Task("Query_Product_Rank", TaskType.RANKING, Layout.LIST, Measure.NDCG, ("Query_Product_Ranking",)),
    Task("Sequential_Recommendation", TaskType.RETRIEVAL, Layout.OPTION, Measure.RECALL),
    Task("Attribute_Value_Extraction", TaskType.NAMED_ENTITY_RECOGNITION, Layout.VALUES, Measure.ATTRIBUTES),
    Task("Answer_Generation", TaskType.GENERATION),
    Task("Answerability_Prediction", None, measure=Measure.YES_NO),
    Task(
        "Product_Substitute_Identification",
        None,
        measure=Measure.YES_NO,
        other_spellings=("Product_Substitue_Identification",),
    ),
    Task("Product_Matching", None, measure=Measure.YES_NO),
]
"""Everything that the program knows about the tasks: to add one like these, add an entry, here or in other code."""

SETTINGS = ("IND_Diverse_Instruction", "IND_Single_Instruction", "OOD_Diverse_Instruction")


def find_task(name: object) -> Task:
    """Return the task with that name, in any known spelling.

    Raises:
        RowError: there is no such task.
    """
    task = _find(name.strip().replace(" ", "_")) if isinstance(name, str) else None
    if name is None:
        raise RowError("has no 'task'; fix or remove the row")
    if task is None:
        raise RowError(_explain_unknown(shorten(name).strip("'\"")))
    return task


@lru_cache(maxsize=64)  # a file of another dataset can have the same unknown name in every row
def _explain_unknown(name: str) -> str:
    return str(unknown_name("task", name, [task.name for task in TASKS]))


def is_task_name(name: str) -> bool:
    """Return whether this is the name of an ECInstruct task."""
    return _find(name) is not None


def _find(name: str) -> Task | None:
    return next((task for task in TASKS if name == task.name or name in task.other_spellings), None)
