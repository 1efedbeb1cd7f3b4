"""The ten tasks of ECInstruct, with their types as Table 2 of the paper gives them, every spelling and the settings."""

from functools import lru_cache

from shopbench_plugin.core.errors import shorten, unknown_name
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.ecinstruct.rows import RowError, Task

ATTRIBUTE_VALUE_EXTRACTION = Task("Attribute_Value_Extraction", TaskType.NAMED_ENTITY_RECOGNITION)
PRODUCT_RELATION_PREDICTION = Task("Product_Relation_Prediction", TaskType.MULTIPLE_CHOICE)
SENTIMENT_ANALYSIS = Task("Sentiment_Analysis", TaskType.MULTIPLE_CHOICE)
MULTICLASS_PRODUCT_CLASSIFICATION = Task("Multiclass_Product_Classification", TaskType.MULTIPLE_CHOICE)
SEQUENTIAL_RECOMMENDATION = Task("Sequential_Recommendation", TaskType.RETRIEVAL)
QUERY_PRODUCT_RANK = Task("Query_Product_Rank", TaskType.RANKING)
ANSWER_GENERATION = Task("Answer_Generation", TaskType.GENERATION)
ANSWERABILITY_PREDICTION = Task("Answerability_Prediction", None)
PRODUCT_SUBSTITUTE_IDENTIFICATION = Task("Product_Substitute_Identification", None)
PRODUCT_MATCHING = Task("Product_Matching", None)

TASKS = (
    PRODUCT_RELATION_PREDICTION,
    SENTIMENT_ANALYSIS,
    MULTICLASS_PRODUCT_CLASSIFICATION,
    QUERY_PRODUCT_RANK,
    SEQUENTIAL_RECOMMENDATION,
    ATTRIBUTE_VALUE_EXTRACTION,
    ANSWER_GENERATION,
    ANSWERABILITY_PREDICTION,
    PRODUCT_SUBSTITUTE_IDENTIFICATION,
    PRODUCT_MATCHING,
)

SETTINGS = ("IND_Diverse_Instruction", "IND_Single_Instruction", "OOD_Diverse_Instruction")

# The data set on the hub and its authors' own scripts do not agree with each other.
_OTHER_SPELLINGS = {
    "Product_Relation_Predicition": PRODUCT_RELATION_PREDICTION,
    "Query_Product_Ranking": QUERY_PRODUCT_RANK,
    "Product_Substitue_Identification": PRODUCT_SUBSTITUTE_IDENTIFICATION,
}
_BY_NAME = {task.name: task for task in TASKS} | _OTHER_SPELLINGS


def find_task(name: object) -> Task:
    """Return the task of that name, in any spelling seen.

    Raises:
        RowError: there is no such task.
    """
    task = _BY_NAME.get(name) if isinstance(name, str) else None
    if task is None and isinstance(name, str):
        task = _BY_NAME.get(name.strip().replace(" ", "_"))
    if name is None:
        raise RowError("has no 'task'; fix or remove the row")
    if task is None:
        raise RowError(_explain_unknown(shorten(name).strip("'\"")))
    return task


@lru_cache(maxsize=64)  # a file of another data set can have the same unknown name in every row
def _explain_unknown(name: str) -> str:
    return str(unknown_name("task", name, [task.name for task in TASKS]))


def is_task_name(name: str) -> bool:
    """Whether a folder or a row of this name holds a task of ECInstruct."""
    return name in _BY_NAME
