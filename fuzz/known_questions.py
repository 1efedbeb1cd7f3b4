"""Questions that are made from parts, so that type, labels and count are known: what routing reads must be these."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Final, TypeVar

from fuzz.rules import expect
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.routing import route

T = TypeVar("T")

_ITEMS: Final = (
    *("canvas tent", "steel kettle 1.7 l", "Lampe aus Holz", "taza azul", "réchaud à gaz", "tappeto 3 x 2 m", "赤い傘"),
    *("蓝牙耳机", "mochila 20 litros", "rope, 30 m", "12-pack of socks", "A4 paper", "USB-C cable (2 m)", "mug: large"),
)
_SAID: Final = {
    TaskType.MULTIPLE_CHOICE: (
        ("Which of the following goes best with a camp bed?", 1),
        ("Welche der folgenden Optionen passt am besten zu einem Feldbett?", 1),
        ("¿Cuál de las siguientes opciones va mejor con una cama plegable?", 1),
        ("Laquelle des options suivantes va avec un lit pliant ?", 1),
        ("Quale delle seguenti opzioni va con una branda?", 1),
        ("次の選択肢のうち、最も適切なものはどれですか。", 1),
        ("下列哪个选项最合适？", 1),
        ("Qual das seguintes opções combina com uma cama dobrável?", 1),
    ),
    TaskType.RANKING: (
        ("Rank the following products by their relevance to the query 'camp bed'.", None),
        ("Ordne die folgenden Produkte nach ihrer Relevanz für 'Feldbett'.", None),
        ("Ordena los siguientes productos según su relevancia.", None),
        ("Classez les produits suivants par pertinence.", None),
        ("Ordina i seguenti prodotti per pertinenza.", None),
        ("以下の商品を関連度の高い順に並べ替えてください。", None),
        ("请将下列商品按相关性排序。", None),
        ("Ordene os produtos a seguir por relevância.", None),
    ),
    TaskType.RETRIEVAL: (
        ("Select two products from the list. Give only the numbers, separated by commas.", 2),
        ("Wähle zwei Produkte aus der Liste. Gib nur die Nummern an.", 2),
        ("Elige dos productos de la lista. Responde solo con los números.", 2),
        ("Choisissez deux produits de la liste. Donnez seulement les numéros.", 2),
        ("Scegli due prodotti dall'elenco. Rispondi solo con i numeri.", 2),
        ("次のリストから商品を2つ選び、番号だけを答えてください。", 2),
        ("请从列表中选出2个商品，只输出编号。", 2),
        ("Escolha dois produtos da lista. Responda apenas com os números.", 2),
        ("Give the indices of all products that fit, separated by commas.", None),
        ("Indiquez tous les numéros qui conviennent.", None),
    ),
}
_RATINGS: Final = (
    ("Rate the review on a scale of 1 to 5.", "Review", 1, 5),
    ("Bewerte die Rezension auf einer Skala von 1 bis 5.", "Rezension", 1, 5),
    ("Puntúa la reseña del 1 (muy mala) al 5 (muy buena).", "Reseña", 1, 5),
    ("Notez cet avis sur une échelle de 1 à 5.", "Avis", 1, 5),
    ("Valuta la recensione su una scala da 1 a 5.", "Recensione", 1, 5),
    ("次のレビューを1から5の段階で評価してください。", "レビュー", 1, 5),
    ("请在1到5之间为这条评论打分。", "评论", 1, 5),
    ("Avalie o comentário em uma escala de 1 a 5.", "Comentário", 1, 5),
    ("Decide the sentiment: 0 means negative, 1 means neutral, 2 means positive.", "Review", 0, 2),
)
_NUMBERS: Final[tuple[Callable[[int], str], ...]] = (
    *("{}. ".format, "{}) ".format, "({}) ".format, "[{}] ".format, "<{}> ".format, "**{}.** ".format, "{}: ".format),
    *("{}.".format, "- {}. ".format, "| {} | ".format, "{} - ".format),
)
_ENDS: Final = ("", "\n", "\nOutput: ", "\nAnswer:", "\n答案：", "\nRisposta: ")


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """A question and what has to be read from it."""

    text: str
    is_multiple_choice: bool | None
    task_type: TaskType
    labels: tuple[str, ...]
    count: int | None


def make_question(content: bytes) -> KnownQuestion:
    """Return the question that some bytes choose the parts of; the same bytes make the same question."""
    bytes_left = cycle(content or b"\0")
    if next(bytes_left) % 4 == 0:
        return _make_rating(bytes_left)
    task_type = _pick(bytes_left, tuple(_SAID))
    said, count = _pick(bytes_left, _SAID[task_type])
    length = 3 + next(bytes_left) % 6
    has_letters = task_type is TaskType.MULTIPLE_CHOICE and next(bytes_left) % 2 == 0
    first = next(bytes_left) % 2
    labels = tuple(chr(ord("A") + place) if has_letters else str(first + place) for place in range(length))
    write = _pick(bytes_left, _NUMBERS)
    items = "\n".join(write(label) + _pick(bytes_left, _ITEMS) for label in labels)
    is_told = _pick(bytes_left, (None, task_type is TaskType.MULTIPLE_CHOICE))
    text = f"{said}\n{items}{_pick(bytes_left, _ENDS)}"
    return KnownQuestion(text, is_told, task_type, labels, length if task_type is TaskType.RANKING else count)


def _make_rating(bytes_left: Iterator[int]) -> KnownQuestion:
    """Return a question that rates a review on a scale, which may number its points in a way of its own."""
    said, header, low, high = _pick(bytes_left, _RATINGS)
    write = _pick(bytes_left, _NUMBERS)
    points = [write(str(1 + place)) + _pick(bytes_left, _ITEMS) for place in range(next(bytes_left) % 5)]
    text = "\n".join([said, f"{header}: {_pick(bytes_left, _ITEMS)}", *points]) + _pick(bytes_left, _ENDS)
    labels = tuple(str(value) for value in range(low, high + 1))
    return KnownQuestion(text, _pick(bytes_left, (None, True)), TaskType.MULTIPLE_CHOICE, labels, 1)


def _pick(numbers: Iterator[int], choices: tuple[T, ...]) -> T:
    return choices[next(numbers) % len(choices)]


def check_known_question(content: bytes) -> None:
    """Type, labels and count are read as the question was made."""
    known = make_question(content)
    routed = route(known.text, known.is_multiple_choice)
    expect(routed.task_type is known.task_type, "another task type", routed.rule, known)
    expect(routed.answer_space.labels == known.labels, "other labels", routed.answer_space.labels, known)
    expect(routed.answer_space.count == known.count, "another count", routed.answer_space.count, known)
