"""Answers that are known, said in many ways and languages: repair has to find them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from fuzz import phrases
from fuzz.rules import expect
from shopbench_plugin.core.vocabulary import Routed
from shopbench_plugin.postprocess import repair
from shopbench_plugin.routing import route

_OPTIONS = ("gas cartridge", "hair dryer", "garden gnome", "picture frame")
_ITEMS = ("folding ladder", "paint roller", "step stool", "work gloves", "rope hook")
_ASPECTS = ("battery life", "fan noise", "screen glare", "hinge", "parcel", "smell", "weight", "warranty", "price")
_COLOURS = ("dark green", "cream", "navy", "rust")
_TITLES = ("Klapptritt, 3 Stufen", "Lot de 6 verres empilables", "Taza de cerámica con tapa", "折りたたみ踏み台 3段")


class _Picks:
    """Choices that the bytes of an input make, one byte each; the first of all once they are used up."""

    def __init__(self, content: bytes) -> None:
        self._bytes = iter(content)

    def one(self, things: Sequence[str]) -> str:
        return things[next(self._bytes, 0) % len(things)]

    def some(self, things: Sequence[str], count: int) -> list[str]:
        left = list(things)
        return [left.pop(next(self._bytes, 0) % len(left)) for _ in range(count)]


@dataclass(frozen=True, slots=True)
class Known:
    """What a model may write for an answer that is known, and the question."""

    raw: str
    answer: str
    routed: Routed


def check_known_answer(content: bytes) -> None:
    """An answer that is said in a known way is found again; the first byte decides the kind of question."""
    known = build_known(content)
    found = repair(known.raw, known.routed)
    expect(found == known.answer, "another answer", known.raw, found, known.answer)
    expect(repair(found, known.routed) == found, "repairing twice changes", known.raw)


def build_known(content: bytes) -> Known:
    """Return the answer and the text that the bytes stand for."""
    builders = (
        *(_choice, _weighed_choice, _placed_choice, _rating, _pole),
        *(_ranking, _odd_ranking, _retrieval, _exception, _entities, _title),
    )
    return builders[content[0] % len(builders) if content else 0](_Picks(content[1:]))


@cache
def _ask(text: str, *, is_choice: bool = False) -> Routed:
    return route(text, is_choice)


def _listed(items: Sequence[str], first: int) -> str:
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, first))


def _choice_question() -> Routed:
    return _ask(f"Which one goes with a stove?\n{_listed(_OPTIONS, 0)}\nAnswer: ", is_choice=True)


def _say(label: str, form: str) -> str:
    return form.format(label=label, text=_OPTIONS[int(label)])


def _choice(picks: _Picks) -> Known:
    label, form = picks.one("0123"), picks.one(phrases.CHOICE_FORMS)
    raw = picks.one(phrases.TURNS).replace("{}", picks.one(phrases.STATEMENTS).replace("{}", _say(label, form)))
    return Known(raw, label, _choice_question())


def _weighed_choice(picks: _Picks) -> Known:
    label, other = picks.some("0123", 2)
    form, other_form = (
        picks.one(phrases.CHOICE_FORMS),
        picks.one(("{label}", "option {label}", "{text}", "{text} ({label})")),
    )
    said = picks.one(phrases.CHOICES).format(_say(label, form), _say(label, form), other=_say(other, other_form))
    return Known(picks.one(phrases.TURNS).replace("{}", said), label, _choice_question())


def _placed_choice(picks: _Picks) -> Known:
    label = picks.one("0123")
    said = picks.one(("the {} option", "The {} one.", "{} option", "die {} Option", "The {} choice is right."))
    said = picks.one(phrases.TURNS).replace("{}", said.format(picks.one(phrases.ORDINALS[int(label)])))
    return Known(said, label, _choice_question())


def _rating(picks: _Picks) -> Known:
    label = picks.one("12345")
    said = picks.one(phrases.RATINGS).format(n=label, stars=f"{'★' * int(label)}{'☆' * (5 - int(label))}")
    question = "Rate the review on a scale of 1 to 5.\nReview: It does its job.\nAnswer: "
    return Known(picks.one(phrases.TURNS).replace("{}", said), label, _ask(question, is_choice=True))


def _pole(picks: _Picks) -> Known:
    first, second = picks.one(("yes no", "no yes", "Ja Nein", "non oui", "Yes. No.")).split()
    label = picks.one("01")
    is_yes = (first, second)[int(label)].casefold().strip(".") in {"yes", "ja", "oui"}
    said = picks.one(phrases.YES if is_yes else phrases.NO)
    question = f"Does the case fit the phone?\n0. {first}\n1. {second}\nAnswer: "
    return Known(picks.one(phrases.TURNS).replace("{}", said), label, _ask(question, is_choice=True))


def _ranking_question() -> Routed:
    return _ask(f"Rank the products by relevance to the query.\nProduct List:\n{_listed(_ITEMS, 1)}\nOutput: ")


def _ranking(picks: _Picks) -> Known:
    order = picks.some("12345", 5)
    forms = ("{label}", "Product {label}", "{text}", "{text} ({label})", "#{label}", "{label}. {text}")
    form, separator = picks.one(forms), picks.one(phrases.SEPARATORS)
    items = separator.join(form.format(label=label, text=_ITEMS[int(label) - 1]) for label in order)
    said = picks.one(phrases.ANY_LIST).replace("{}", picks.one(phrases.WRITTEN_LISTS).format(items))
    return Known(picks.one(phrases.TURNS).replace("{}", said), ",".join(order), _ranking_question())


def _odd_ranking(picks: _Picks) -> Known:
    order = picks.some("12345", 5)
    scores = {label: (5 - place) / 5 - 0.05 for place, label in enumerate(order)}
    pairs = [f"{place} {{}} {label}" for place, label in enumerate(order, 1)]
    scored = [f"{label}: {scores[label]:.2f}" for label in sorted(order)]
    rows = "\n".join(f"| {place} | {label} |" for place, label in enumerate(order, 1))
    objects = ", ".join(f'{{"rank": {place}, "product": {label}}}' for place, label in enumerate(order, 1))
    said = picks.one(
        (
            "\n".join(pairs).replace(" {} ", ". product "),
            "\n".join(pairs).replace(" {} ", ": "),
            ", ".join(scored),
            "\n".join(f"Product {pair}" for pair in scored),
            f"| Rank | Product |\n|---|---|\n{rows}",
            f"[{objects}]",
            f"From least to most relevant: {', '.join(order[::-1])}",
            f"Vom wenigsten zum am meisten relevanten: {', '.join(order[::-1])}",
            " < ".join(order[::-1]),
            "".join(order),
            ", ".join("ABCDE"[int(label) - 1] for label in order),
            "{" + ", ".join(f'"{label}": {scores[label]:.2f}' for label in order) + "}",
        )
    )
    return Known(picks.one(phrases.TURNS).replace("{}", said), ",".join(order), _ranking_question())


def _retrieval(picks: _Picks) -> Known:
    chosen = picks.some("123456789", 5)
    named, others = sorted(chosen[:3]), chosen[3:]
    form = picks.one(("{label}", "{text}", "{text} ({label})", "snippet {label}", "({label})", "#{label}"))
    say = [form.format(label=label, text=_ASPECTS[int(label) - 1]) for label in named]
    separator = picks.one((", ", "; ", "、", " and ", ","))
    exclusion = picks.one(phrases.EXCLUSIONS)
    said = exclusion.format(separator.join(say), others=" and ".join(others))
    return Known(picks.one(phrases.TURNS).replace("{}", said), ",".join(named), _retrieval_question())


def _exception(picks: _Picks) -> Known:
    named = sorted(picks.some("123456789", 3))
    others = [label for label in "123456789" if label not in named]
    form = picks.one(("{label}", "{text}", "({label})", "#{label}"))
    say = [form.format(label=label, text=_ASPECTS[int(label) - 1]) for label in others]
    said = picks.one(phrases.EXCEPTIONS).format(others=picks.one((", ", "、", " and ", ",")).join(say))
    return Known(picks.one(phrases.TURNS).replace("{}", said), ",".join(named), _retrieval_question())


def _retrieval_question() -> Routed:
    return _ask(
        f"Which three aspects of the list does the review treat?\nAspect List:\n{_listed(_ASPECTS, 1)}\nOutput: "
    )


def _entities(picks: _Picks) -> Known:
    colours = picks.some(_COLOURS, 2)
    said = picks.one(phrases.COLOUR_LISTS).replace("{}", picks.one(phrases.COLOUR_JOINTS).join(colours))
    query = f"rug in {colours[0]} and {colours[1]} with fringes"
    question = f"Extract the phrases of the entity type 'color' from the query.\nQuery: {query}\nOutput: "
    return Known(picks.one(phrases.TURNS).replace("{}", said), ", ".join(colours), _ask(question))


def _title(picks: _Picks) -> Known:
    title = picks.one(_TITLES)
    said = picks.one(phrases.NOTES).replace("{}", picks.one(phrases.INTRODUCTIONS).format(title))
    return Known(
        picks.one(phrases.TURNS).replace("{}", said), title, _ask("Translate the title 'Step stool'.\nOutput: ")
    )
