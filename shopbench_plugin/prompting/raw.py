"""Shopping MMLU's own prompts, plain text without a chat template, and its scripts' reading of answers."""

from shopbench_plugin.core.vocabulary import RAW_ROLE, Message, Routed, TaskType
from shopbench_plugin.demonstrations.preset_files import Rule

_PREAMBLE = (
    "You are a helpful online shopping assistant. Please answer the following question about online shopping and "
    "follow the given instructions.\n\n"
)
_CUE = "\nAnswer: "
_LETTERS_CUE = "\n\nPlease answer the question with a single letter indicating the choice. \nAnswer: "
_LETTERS = "ABCDEFGHIJ"


def write_raw_prompt(routed: Routed, rule: Rule) -> tuple[Message, ...]:
    """Return the prompt as one raw message; options have letters if the rule says so and all of them are found."""
    text = routed.question.input_field
    if rule.prompt == "raw-letters" and routed.task_type is TaskType.MULTIPLE_CHOICE:
        text = _write_letters(routed) or text
    return (Message(RAW_ROLE, f"{_PREAMBLE}{text}"),)


def read_raw_answer(raw: str, routed: Routed, rule: Rule) -> str:
    """Return what the benchmark's scripts score: the answer unchanged, or the label of a choice's first character.

    By skill ("raw") an answer stays unchanged. By task a choice is the first digit ("raw-numbers") or the
    first letter or digit ("raw-letters") of the answer, if there is one; a letter becomes its option's label.
    """
    if rule.prompt == "raw" or routed.task_type is not TaskType.MULTIPLE_CHOICE:
        return raw
    if rule.prompt == "raw-letters" and _write_letters(routed) is not None:
        sign = next((one for one in raw if one.isalnum()), "")
        labels = dict(zip(_LETTERS, routed.answer_space.labels, strict=False))
        return labels.get(sign, "")
    return next((one for one in raw if one.isnumeric()), raw)


def _write_letters(routed: Routed) -> str | None:
    """Return the question with letters for its options' numbers; None if they aren't formatted as in the scripts."""
    space = routed.answer_space
    options = "".join(f"\n{label}. {text}" for label, text in zip(space.labels, space.texts, strict=True))
    before, found, after = routed.question.input_field.rpartition(options)
    if not (options and found and after == _CUE and len(space.labels) <= len(_LETTERS)):
        return None
    lettered = "".join(f"\n({letter}) {text}" for letter, text in zip(_LETTERS, space.texts, strict=False))
    return f"{before}{lettered}{_LETTERS_CUE}"
