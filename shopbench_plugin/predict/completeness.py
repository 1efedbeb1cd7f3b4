"""Whether an answer that used up its token budget is nevertheless complete."""

from shopbench_plugin.core.vocabulary import Routed, TaskType

_LISTS = frozenset({TaskType.RANKING, TaskType.RETRIEVAL})


def is_complete(text: str, routed: Routed) -> bool:
    """Return whether `text` is a label, or a list of the required number of labels, that no further token can change.

    "1" is not if there is a label "10" that it may be the beginning of.
    """
    space = routed.answer_space
    if routed.task_type is TaskType.MULTIPLE_CHOICE:
        written, wanted = [text], 1
    elif routed.task_type in _LISTS:
        written, wanted = text.split(","), space.labels_wanted
    else:
        return False
    left = set(space.labels) - set(written)
    return (
        len(set(written)) == len(written) == wanted
        and set(written) <= set(space.labels)
        and not any(label.startswith(written[-1]) for label in left)
    )
