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


@pytest.mark.parametrize(
    "routed", EVERYTHING, ids=lambda routed: f"{routed.task_type}: {routed.question.input_field[:30]}"
)
@given(raw=answers)
def test_repairing_twice_changes_nothing(routed: Routed, raw: str) -> None:
    once = repair(raw, routed)
    assert repair(once, routed) == once
    assert len(once) <= 5_000
    assert routed in LETTERED or not is_unparsable(parse_answer(routed.task_type, once))


@pytest.mark.parametrize("routed", [OPTIONS, SCALE, LETTERS, RANKING, LETTER_RANKING, RETRIEVAL, ANY_NUMBER])
@given(raw=answers)
def test_labels_are_plain_so_that_every_evaluator_reads_them_alike(routed: Routed, raw: str) -> None:
    answer = repair(raw, routed)
    assert set(answer.split(",")) <= set(routed.answer_space.labels)


@pytest.mark.parametrize("routed", [ENTITIES, UNKNOWN_QUERY, EXCERPT, TEXT])
@given(raw=answers)
def test_texts_have_no_blank_around_them_and_entities_no_brackets(routed: Routed, raw: str) -> None:
    answer = repair(raw, routed)
    assert answer == answer.strip()
    assert routed in {EXCERPT, TEXT} or not set(answer) & set("[]{}\n")


@pytest.mark.parametrize("routed", [OPTIONS, SCALE])
@given(raw=answers)
def test_a_multiple_choice_is_read_as_one_of_its_options(routed: Routed, raw: str) -> None:
    assert str(parse_choice(repair(raw, routed))) in routed.answer_space.labels


@given(raw=answers)
def test_a_ranking_is_a_permutation(raw: str) -> None:
    assert sorted(parse_ranking(repair(raw, RANKING))) == [1, 2, 3, 4, 5]
    assert sorted(repair(raw, LETTER_RANKING).split(",")) == ["A", "B", "C"]


@given(raw=answers)
def test_a_retrieval_has_different_indices_in_the_number_asked_for(raw: str) -> None:
    answer = repair(raw, RETRIEVAL)
    indices = parse_retrieval(answer)
    assert len(indices) == len(set(indices)) == 3
    assert set(indices) <= set(range(1, 16))
    assert answer == ",".join(map(str, indices))


@given(raw=answers)
def test_a_retrieval_of_any_number_has_three_at_least(raw: str) -> None:
    indices = parse_retrieval(repair(raw, ANY_NUMBER))
    assert len(indices) == len(set(indices)) == 3
    assert set(indices) <= {0, 1, 2, 3}


@given(raw=answers)
def test_entities_are_a_list_without_repeats(raw: str) -> None:
    entities = [entity.casefold() for entity in parse_entities(repair(raw, ENTITIES))]
    assert entities
    assert len(entities) == len(set(entities))


@given(raw=answers)
def test_the_words_of_entities_stand_in_the_query(raw: str) -> None:
    query = ENTITIES.answer_space.passage
    assert query
    words = " ".join(parse_entities(repair(raw, ENTITIES))).split()
    assert [word for word in words if word.casefold() not in query.casefold()] == []


@given(raw=answers)
def test_an_excerpt_stands_in_the_passage(raw: str) -> None:
    passage = EXCERPT.answer_space.passage
    assert passage
    answer = repair(raw, EXCERPT)
    assert answer
    assert answer.casefold() in passage.casefold()


@given(raw=answers)
def test_a_text_is_never_empty(raw: str) -> None:
    assert repair(raw, TEXT).strip()
