"""Lists of labels in special formats: JSON, tables, scores, a yes or no for each, ranges."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from shopbench_plugin.core.vocabulary import AnswerSpace
from shopbench_plugin.postprocess.cleaning import find_json
from shopbench_plugin.postprocess.mentions import find_label
from shopbench_plugin.postprocess.spoken import AGREED, NO, NOT, OPTION, POINTS, RANKS, REFUSED, SCORES, STARS, TO, YES
from shopbench_plugin.postprocess.tokens import NUMBER_END, NUMBER_START

_FEWEST: Final = 2
_HIGHEST_SCORE: Final = 1e9
_RANK_KEY: Final = re.compile(RANKS, re.IGNORECASE)
_SCORE_KEY: Final = re.compile(SCORES, re.IGNORECASE)
_NO_LABEL_KEY: Final = re.compile(r"confidence|count|total|reason|explan", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_SCORED: Final = re.compile(
    rf"(?<![\w.])(?:{OPTION}[ \t]*)?(?P<label>\d{{1,2}}|[A-Z])[ \t]*"
    r"(?:[:=]|[-–][ ](?=\d\.\d)|\((?=[\d.]+(?:/\d+)?\)))[ \t]*"
    rf"(?P<score>\d+(?:\.\d+)?)(?P<of>[ ]?(?:/[ ]?\d+|%|(?:{STARS}|{POINTS})\b))?(?![\w%])(?!\.\d)",
    re.IGNORECASE,
)
_VERDICT: Final = re.compile(
    r"^\s*(?:[-*] )?(?:\[[ xX]\] ?)?[\W_]*(?:\w+ )?(?P<label>\d{1,2}|[A-Za-z])(?:[\W_](?P<rest>.*))?\Z", re.DOTALL
)
_VERDICTS_END: Final = re.compile(
    r"[\n;]|,(?=\s*(?:\d|[A-Z]\b|[^\W\d][^,:\n]{0,40}:\s))|(?<=[✓✔✅☑✗✘❌☒☐])(?:,|\s+(?=\d))"
)
_LAST_WORD: Final = re.compile(r"[^\W_]+(?=\W*\Z)")
_RANGE: Final = re.compile(
    rf"{NUMBER_START}(\d{{1,2}}){NUMBER_END}\s*(?:-|–|—|~|{TO})\s*{NUMBER_START}(\d{{1,2}}){NUMBER_END}"
)
_RANKED: Final = re.compile(
    rf"(?<![\w.])(?:{OPTION}[ \t]*)?(\d{{1,2}})[ \t]*[:(][ \t]*"
    rf"(?:(?:{RANKS}|#)[ \t]*(\d{{1,2}})|(\d{{1,2}})(?:st|nd|rd|th))\b",
    re.IGNORECASE,
)
_BULLETED: Final = re.compile(
    rf"^[ \t]*[-*•][ \t]+[*([]{{0,3}}(?P<label>\d{{1,3}}|[A-Z])(?![^\W_])[*)\]]{{0,3}}[ \t]*(?:$|[:(–—-])"
    rf"(?!\s*(?:{NOT.pattern}))",
    re.MULTILINE,
)
_PAIR: Final = re.compile(r"[(\[][ ]*(\d{1,2})[ ]*,[ ]*(\d{1,2}(?:\.\d+)?)[ ]*[)\]]")

Reader = Callable[[str, AnswerSpace], list[str]]


def read_json(text: str, space: AnswerSpace) -> list[str]:
    """Read a JSON list of labels, of objects with a rank or a score, or an object of scores."""
    value = find_json(text) if '"' in text else None
    return next((found for found in _lists(value, space) if found), [])


def _lists(value: Any, space: AnswerSpace) -> Iterator[list[str]]:
    if isinstance(value, dict):
        yield _scores_of(value, space)
        for inner in value.values():
            yield from _lists(inner, space)
    elif isinstance(value, list):
        rows = [row for row in value if isinstance(row, dict)]
        labels = [label for one in value if (label := _label(one, space))]
        yield _ranked_rows(rows, space) if len(rows) == len(value) else labels


def _label(value: Any, space: AnswerSpace) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    spelt = str(value).strip()
    by_text = {text.casefold(): label for label, text in zip(space.labels, space.texts, strict=False)}
    return find_label(spelt, space) or by_text.get(spelt.casefold()) or _only_label(spelt, space)


def _only_label(text: str, space: AnswerSpace) -> str | None:
    numbers = re.findall(rf"{NUMBER_START}\d{{1,3}}{NUMBER_END}", text)
    return find_label(numbers[0], space) if len(numbers) == 1 else None


def _scores_of(row: dict[str, Any], space: AnswerSpace) -> list[str]:
    pairs = [(_label(key, space), value) for key, value in row.items()]
    if len(pairs) >= _FEWEST and all(label and isinstance(value, bool) for label, value in pairs):
        return [str(label) for label, value in pairs if value]
    if len(pairs) < _FEWEST or not all(label and _is_number(value) for label, value in pairs):
        return []
    return order_by_value([(str(label), float(value)) for label, value in pairs])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _HIGHEST_SCORE


def order_by_value(pairs: Sequence[tuple[str, float]]) -> list[str]:
    """Return labels by their values: ranks, which count from 1, in ascending order, scores in descending order."""
    values = [value for _, value in pairs]
    is_rank = sorted(values) == [float(number) for number in range(1, len(values) + 1)]
    return [label for label, _ in sorted(pairs, key=lambda pair: pair[1] if is_rank else -pair[1])]


def _ranked_rows(rows: Sequence[dict[str, Any]], space: AnswerSpace) -> list[str]:
    found = [(label, _sort_key(row)) for row in rows if (label := _row_label(row, space))]
    if all(key is not None for _, key in found):
        found.sort(key=lambda pair: pair[1] or 0)
    return [label for label, _ in found]


def _row_label(row: dict[str, Any], space: AnswerSpace) -> str | None:
    named = (
        value for key, value in row.items() if not any(p.search(key) for p in (_RANK_KEY, _SCORE_KEY, _NO_LABEL_KEY))
    )
    return next(filter(None, (_label(value, space) for value in named)), None)


def _sort_key(row: dict[str, Any]) -> float | None:
    for pattern, sign in ((_RANK_KEY, 1), (_SCORE_KEY, -1)):
        for key, value in row.items():
            if pattern.search(key) and _NUMBER.fullmatch(str(value)):
                return sign * float(value)
    return None


def read_table(text: str, space: AnswerSpace) -> list[str]:
    """Read rows of cells separated by bars, by a last column of yes and no or one that is headed "rank"."""
    rows = [
        [cell.strip(" *") for cell in line.strip().strip("|").split("|")] for line in text.splitlines() if "|" in line
    ]
    rows = [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    if len(rows) <= _FEWEST or len(rows[0]) < _FEWEST or any(find_label(cell, space) for cell in rows[0]):
        return []
    chosen = _agreed_rows(rows[1:], space)
    if chosen:
        return chosen
    head = rows[0]
    rank = next((column for column, cell in enumerate(head) if _RANK_KEY.search(cell) or cell == "#"), None)
    score = next((column for column, cell in enumerate(head) if _SCORE_KEY.search(cell)), None)
    return _ranked_rows([_name_cells(row, rank, score) for row in rows[1:]], space)


def _agreed_rows(rows: Sequence[Sequence[str]], space: AnswerSpace) -> list[str]:
    """Return the labels of the rows that end in yes, if every row ends in yes or no."""
    is_agreed = [AGREED.search(row[-1]) or YES.fullmatch(row[-1]) for row in rows]
    if not all(
        yes or REFUSED.search(row[-1]) or NO.fullmatch(row[-1]) for yes, row in zip(is_agreed, rows, strict=True)
    ):
        return []
    labels = [next(filter(None, (_label(cell, space) for cell in row)), None) for row in rows]
    return [label for label, yes in zip(labels, is_agreed, strict=True) if label and yes]


def _name_cells(row: Sequence[str], rank: int | None, score: int | None) -> dict[str, Any]:
    names = {rank: "rank", score: "score"}
    return {names.get(column, str(column)): cell for column, cell in enumerate(row)}


def read_scores(text: str, space: AnswerSpace) -> list[str]:
    """Read labels with a score each, the highest one first: "1: 0.95, 2: 0.4", "Product 1: 9/10", "4 (0.8)"."""
    pairs = [(find_label(place["label"].upper(), space), place) for place in _SCORED.finditer(text)]
    scores = [(label, place["score"], place["of"]) for label, place in pairs if label]
    are_scores = any("." in score or of for _, score, of in scores)
    if not are_scores or len({label for label, _, _ in scores}) < max(_FEWEST, min(3, space.labels_wanted)):
        return []
    return [label for label, score, _ in sorted(scores, key=lambda scored: -float(scored[1]))]


def read_ranks(text: str, space: AnswerSpace) -> list[str]:
    """Read the rank that is given for each label: "Product 1 (rank 3)", "1: 3rd"."""
    told = ((find_label(name, space), int(first or second)) for name, first, second in _RANKED.findall(text))
    ranked = [(label, rank) for label, rank in told if label]
    return [label for label, _ in sorted(ranked, key=lambda pair: pair[1])] if len(ranked) >= _FEWEST else []


def read_pairs(text: str, space: AnswerSpace) -> list[str]:
    """Read pairs in brackets: a place and its label, "(1, 4), (2, 2)", or a label and its score, "(4, 0.8)"."""
    pairs = _PAIR.findall(text)
    if len(pairs) < _FEWEST:
        return []
    if [int(first) for first, _ in pairs] == list(range(1, len(pairs) + 1)) and "." not in "".join(map("".join, pairs)):
        return [label for _, second in pairs if (label := find_label(second, space))]
    return order_by_value([(label, float(second)) for first, second in pairs if (label := find_label(first, space))])


def read_verdicts(text: str, space: AnswerSpace) -> list[str]:
    """Read the labels of lines that end in yes, if other lines end in no."""
    yes, no = [], []
    for line in _VERDICTS_END.split(text):
        numbered = _VERDICT.match(line)
        label = find_label(numbered["label"], space) if numbered else None
        rest = (numbered["rest"] or "") if label and numbered else line
        label = label or _text_in_front(line.strip(" -*•"), space)
        word = _LAST_WORD.search(rest)
        if label and (AGREED.search(line) or (word and YES.fullmatch(word.group()))):
            yes.append(label)
        elif label and (REFUSED.search(line) or (word and NO.fullmatch(word.group()))):
            no.append(label)
    return yes if yes and no else _judged(text, space)


def _judged(text: str, space: AnswerSpace) -> list[str]:
    """Read "1: mentioned, 2: not mentioned ...": the labels without a negation, if all are judged."""
    lines = [place for place in map(_VERDICT.match, _VERDICTS_END.split(text)) if place and place["rest"]]
    labels = [find_label(line["label"], space) for line in lines]
    denied = [NOT.search(line["rest"]) is not None for line in lines]
    is_each = labels == [*space.labels] and not space.wants_all
    return [str(label) for label, no in zip(labels, denied, strict=True) if not no] if is_each and any(denied) else []


def _text_in_front(line: str, space: AnswerSpace) -> str | None:
    """Return the label of the item whose text a line begins with."""
    texts = zip(space.labels, space.texts, strict=False)
    return next((label for label, text in texts if text and line.casefold().startswith(text.casefold())), None)


def read_range(text: str, space: AnswerSpace) -> list[str]:
    """Read "2-4", if there is no other number."""
    ends = _RANGE.findall(text)
    if len(ends) != 1 or len(re.findall(r"\d+", text)) != _FEWEST:
        return []
    low, high = (find_label(end, space) for end in ends[0])
    if low is None or high is None or space.wants_all:
        return []
    found = list(space.labels[space.labels.index(low) : space.labels.index(high) + 1])
    return found if space.count in {None, len(found)} else []


def read_bullets(text: str, space: AnswerSpace) -> list[str]:
    """Read a bulleted list with a label in front of each line, exactly as many as asked for, none of them denied."""
    found = [label for line in _BULLETED.finditer(text) if (label := find_label(line["label"], space))]
    is_told = len(set(found)) == len(found) == space.count and not space.wants_all
    return found if is_told and len(found) > 1 else []


def read_joined(text: str, space: AnswerSpace) -> list[str]:
    """Read "14235" or "ACE": single-character labels, exactly the number asked for, without separators."""
    found = list(text.strip(" .\n"))
    is_told = len(found) == space.labels_wanted > 1 and len(set(found)) == len(found)
    return found if is_told and set(found) <= set(space.labels) else []
