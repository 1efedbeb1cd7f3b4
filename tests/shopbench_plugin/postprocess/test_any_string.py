"""Whatever a model writes, the repaired answer can be read by the evaluator, and repairing it again changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbench_plugin.core.vocabulary import Routed, TaskType
from shopbench_plugin.postprocess import repair
from shopbench_plugin.routing import route
from shopbench_plugin.scoring.parsers import (
    is_unparsable,
    parse_answer,
    parse_choice,
    parse_entities,
    parse_ranking,
    parse_retrieval,
)

OPTIONS = route("Which of these is a fruit?\n0. desk lamp\n1. pear\n3. 2 forks\nAnswer: ", is_multiple_choice=True)
SCALE = route("Rate the review on a scale of 1 to 5.\nReview: fine, I guess", is_multiple_choice=True)
LETTERS = route("Which of these is a fruit?\nA: desk lamp\nB: pear\nC: fork", is_multiple_choice=True)
RANKING = route("Rank the products.\n1. desk lamp\n2. pear\n3. 2 forks\n4. A\n5. pear tree\nOutput: ")
LETTER_RANKING = route("Rank the products by relevance.\nA: desk lamp\nB: pear\nC: fork")
RETRIEVAL = route("\n".join(["Choose 3 snippets of the list.", *(f"{n}.snippet {n * 7}" for n in range(1, 16))]))
ANY_NUMBER = route("List the indices of all fitting products.\nProducts: 0. desk lamp\n1. pear\n2. fork\n3. knife")
ENTITIES = route(
    "Extract the entity type 'brand' from the query.\nQuery: lunaro: women's 5.5 shoes, 54\" - 5 oz. [red]\nOutput: "
)
UNKNOWN_QUERY = route("Name the attribute value.", task_type=TaskType.NAMED_ENTITY_RECOGNITION)
EXCERPT = route(
    'Extract one keyphrase from the review.\nReview: It\'s "answer: 3" fine. Very [soft] cloth!\nAspect: feel'
)
TEXT = route("Translate the title 'Desk lamp' into German.\nOutput: ")
NOTHING = route("")
LETTERED = [LETTERS, LETTER_RANKING]
WORDLESS = [
    route("Extract the entities of type 'brand' from the query.\nQuery: ???\nOutput: "),
    route("Quote the keyphrase of the review.\nReview: ...!\nOutput: "),
    route("1,000 5:30 <think> ' : '", task_type=TaskType.NAMED_ENTITY_RECOGNITION),
    route("Output: <think>", task_type=TaskType.GENERATION),
    route("、", task_type=TaskType.NAMED_ENTITY_RECOGNITION),
]
JAPANESE = [
    route("どれですか。\n0. 傘\n1. 鍋\n2. Tシャツ\n答え: ", is_multiple_choice=True),
    route("商品を関連性の高い順に並べ替えてください。\n1. 傘\n2. 鍋\n3. 番号\n出力: "),
]
EVERYTHING = [
    *(OPTIONS, SCALE, LETTERS, RANKING, LETTER_RANKING, RETRIEVAL, ANY_NUMBER, ENTITIES, UNKNOWN_QUERY, EXCERPT, TEXT),
    *(NOTHING, *(route("", task_type=task_type) for task_type in TaskType)),
    *(*WORDLESS, *JAPANESE),
]

answers = st.one_of(
    st.text(),
    st.text(alphabet="0123456789,.|ABC [](){}'\":;>-\n１２、</think>isanwr番位です"),
    st.lists(
        st.sampled_from(
            [
                "1",
                "2",
                "３",
                "15",
                ",",
                " ",
                "\n",
                "|",
                "pear",
                "desk lamp",
                "A",
                "B",
                "three",
                "the answer is",
                "Output:",
                "<think>",
                "</think>",
                "<|im_end|>",
                "<|im_start|>",
                "assistant",
                "user:",
                "\nuser\n",
                "</s>",
                '"',
                "not",
                "傘",
                "です",
            ]
        )
    ).map("".join),
)


def check_labels(routed: Routed, answer: str) -> None:
    """Labels are plain, so that every evaluator reads them alike."""
    assert set(answer.split(",")) <= set(routed.answer_space.labels)


def check_blanks_and_brackets(routed: Routed, answer: str) -> None:
    """Texts have no blank around them, and entities no brackets."""
    assert answer == answer.strip()
    assert routed in (EXCERPT, TEXT) or not set(answer) & set("[]{}\n")


def check_choice(routed: Routed, answer: str) -> None:
    """A multiple choice is read as one of its options."""
    assert str(parse_choice(answer)) in routed.answer_space.labels


def check_permutation(routed: Routed, answer: str) -> None:
    assert sorted(answer.split(",")) == sorted(routed.answer_space.labels)
    assert routed is not RANKING or sorted(parse_ranking(answer)) == [1, 2, 3, 4, 5]


def check_indices(routed: Routed, answer: str) -> None:
    """A retrieval has different indices: the number asked for, or three at least."""
    indices = parse_retrieval(answer)
    assert len(indices) == len(set(indices)) == 3
    assert set(indices) <= set(map(int, routed.answer_space.labels))
    assert routed is not RETRIEVAL or answer == ",".join(map(str, indices))


def check_entities(routed: Routed, answer: str) -> None:
    """Entities are a list without repeats, of words that stand in the query."""
    entities = parse_entities(answer)
    assert entities
    assert len(entities) == len({entity.casefold() for entity in entities})
    query = routed.answer_space.passage
    assert query
    words = " ".join(entities).split()
    assert [word for word in words if word.casefold() not in query.casefold()] == []


def check_excerpt(routed: Routed, answer: str) -> None:
    """An excerpt stands in the passage."""
    passage = routed.answer_space.passage
    assert passage
    assert answer
    assert answer.casefold() in passage.casefold()


def check_text(_: Routed, answer: str) -> None:
    """A text is never empty."""
    assert answer.strip()


RULES = (
    (check_labels, (OPTIONS, SCALE, LETTERS, RANKING, LETTER_RANKING, RETRIEVAL, ANY_NUMBER)),
    (check_blanks_and_brackets, (ENTITIES, UNKNOWN_QUERY, EXCERPT, TEXT)),
    (check_choice, (OPTIONS, SCALE)),
    (check_permutation, (RANKING, LETTER_RANKING)),
    (check_indices, (RETRIEVAL, ANY_NUMBER)),
    (check_entities, (ENTITIES,)),
    (check_excerpt, (EXCERPT,)),
    (check_text, (TEXT,)),
)


@pytest.mark.parametrize(
    "routed", EVERYTHING, ids=lambda routed: f"{routed.task_type}: {routed.question.input_field[:30]}"
)
@given(raw=answers)
def test_an_answer_keeps_the_rules_of_its_question_and_repairing_it_twice_changes_nothing(
    routed: Routed, raw: str
) -> None:
    once = repair(raw, routed)
    assert repair(once, routed) == once
    assert len(once) <= 5_000
    assert routed in LETTERED or not is_unparsable(parse_answer(routed.task_type, once))
    for check, bound in RULES:
        if routed in bound:
            check(routed, once)
