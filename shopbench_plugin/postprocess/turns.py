"""The model's own turn in a generated text: without special tokens, a template's role names and invented turns."""

import re
from typing import Final

# ChatML and Llama 3 write <|im_end|>, <|eot_id|>; DeepSeek <｜end▁of▁sentence｜>; Gemma <end_of_turn>; Llama 2 </s>,
# [INST]. A token that opens a turn is followed by the role.
_ROLE: Final = r"(?:assistant|model|user|human|system|tool|ipython)"
_SPECIAL_TOKEN: Final = (
    rf"<\|(?:im_start|start|start_header_id)\|>(?:\s*{_ROLE}\b)?(?:<\|end_header_id\|>)?"
    r"|<\|(?!(?:begin|end)_of_(?:thought|solution)\|>)[^<>|\s]{1,40}\|>|<｜[^<>｜\s]{1,40}｜>"
    rf"|<start_of_turn>(?:\s*{_ROLE}\b)?|<end_of_turn>|</?s>|<(?:bos|eos|pad|eot|eod)>|\[/?INST\]|<</?SYS>>"
)
# The rest of a turn header if special tokens were skipped in decoding: a role alone on a line, or before a colon.
# "Model: X200" and "Tool: saw" are attributes.
_ROLE_LINE: Final = rf"^[ \t]*(?:#+[ \t]*)?(?:{_ROLE}[ \t]*$|(?:assistant|user|human|system)[ \t]*:)"
_NEXT_QUESTION: Final = (
    r"^[ \t]*#{2,}[ \t]*(?:instruction|input|question|user|human)\b.*$"
    r"|\n[ \t]*\n[ \t]*(?:question|query|input|instruction)[ \t]*:"
)
_OPENING: Final = 20
"""The characters of a question that tell whether a line begins in the same way."""
_TURN: Final = re.compile(f"{_SPECIAL_TOKEN}|{_ROLE_LINE}|{_NEXT_QUESTION}", re.IGNORECASE | re.MULTILINE)


def first_turn(raw: str) -> str:
    """Return the first stretch of `raw` between special tokens and role names that isn't blank, "" without any."""
    start = 0
    for mark in _TURN.finditer(raw):
        piece = raw[start : mark.start()]
        if piece.strip():
            return piece
        start = mark.end()
    return raw[start:]


def drop_next_question(raw: str, question: str) -> str:
    """Return `raw` up to a line in the form of `question` with other content: a model that goes on asking."""
    asked = question.strip().splitlines() or [""]
    opening = re.escape(asked[0][:_OPENING]) if len(asked[0]) >= _OPENING else "(?!)"
    for place in re.finditer(rf"(?<=[^\s:：])\s*\n[ \t]*(?={opening})", raw):
        said = raw[place.end() : place.end() + 2 * len(question)].splitlines()
        if any(own[:3] == other[:3] and own.split() != other.split() for own, other in zip(asked, said, strict=False)):
            return raw[: place.start()]
    return raw
