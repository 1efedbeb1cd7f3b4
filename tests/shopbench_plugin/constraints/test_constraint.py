"""What may be generated, as plain data."""

import re
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbench_plugin.constraints import Constraint, build_constraint
from shopbench_plugin.core.vocabulary import AnswerSpace, Question, Routed, TaskType
from shopbench_plugin.postprocess import repair
from shopbench_plugin.routing import route


def constrain(task_type: TaskType, space: AnswerSpace, *, chain_of_thought: bool = False) -> Constraint:
    routed = Routed(Question("Which?"), task_type, space, rule="for this test")
    return build_constraint(routed, chain_of_thought=chain_of_thought)


def labels(count: int, start: int = 1) -> AnswerSpace:
    numbers = tuple(str(number) for number in range(start, start + count))
    return AnswerSpace(numbers, ("",) * count, count)


def accepts(constraint: Constraint, answer: str) -> bool:
    if constraint.choices:
        return answer in constraint.choices
    return constraint.regex is None or re.fullmatch(constraint.regex, answer) is not None


def test_a_multiple_choice_is_one_of_its_labels_in_one_token() -> None:
    space = AnswerSpace(("0", "1", "3"), ("a", "b", "c"), 1)
    assert constrain(TaskType.MULTIPLE_CHOICE, space) == Constraint(choices=("0", "1", "3"), max_tokens=1)


def test_a_chain_of_thought_is_the_papers_expression_held_to_the_labels() -> None:
    space = AnswerSpace(("1", "2"), ("", ""), 1)
    constraint = constrain(TaskType.MULTIPLE_CHOICE, space, chain_of_thought=True)
    assert constraint.regex == r"[A-Za-z][^\|]{10,100}\|(1|2)"
    assert accepts(constraint, "It is the larger one|2")
    assert not accepts(constraint, "It is the larger one|3")
    assert not accepts(constraint, "Short|2")


def test_thinking_is_for_multiple_choice_alone() -> None:
    space = labels(5)
    assert constrain(TaskType.RANKING, space, chain_of_thought=True) is constrain(TaskType.RANKING, space)


def test_a_ranking_of_five_is_one_of_120_permutations() -> None:
    constraint = constrain(TaskType.RANKING, labels(5))
    assert constraint.choices == tuple(",".join(order) for order in permutations("12345"))
    assert constraint.max_tokens == len("1,2,3,4,5")


@pytest.mark.parametrize("count", [1, 2, 6, 7])
def test_a_ranking_is_a_permutation_of_exactly_its_items(count: int) -> None:
    constraint = constrain(TaskType.RANKING, labels(count, start=0))
    numbers = [str(number) for number in range(count)]
    assert accepts(constraint, ",".join(reversed(numbers)))
    assert not accepts(constraint, ",".join(numbers[:-1]))
    assert not accepts(constraint, ",".join([numbers[0]] * count)) or count == 1
    assert not accepts(constraint, ",".join([*numbers[:-1], str(count)]))


@pytest.mark.parametrize(("length", "asked"), [(10, 3), (15, 3), (15, 1), (15, 4), (4, 3)])
def test_a_retrieval_has_distinct_indices_in_the_number_asked_for(length: int, asked: int) -> None:
    space = labels(length)
    constraint = constrain(TaskType.RETRIEVAL, AnswerSpace(space.labels, space.texts, asked))
    last = [str(number) for number in range(length, length - asked, -1)]
    assert accepts(constraint, ",".join(last))
    assert not accepts(constraint, ",".join([*last, "1"]))
    assert not accepts(constraint, ",".join([*last[:-1], "16"]))
    assert asked == 1 or not accepts(constraint, ",".join([*last[:-1], last[0]]))
    assert constraint.max_tokens >= len(",".join(last))


def test_a_retrieval_of_any_number_is_held_to_the_three_that_the_evaluator_reads() -> None:
    space = labels(11, start=0)
    open_space = AnswerSpace(space.labels, space.texts, None)
    assert constrain(TaskType.RETRIEVAL, open_space) is constrain(
        TaskType.RETRIEVAL, AnswerSpace(space.labels, space.texts, 3)
    )


def test_of_too_many_selections_repeats_are_left_to_the_repair() -> None:
    space = labels(9)
    constraint = constrain(TaskType.RANKING, space)
    assert constraint.regex is not None
    assert len(constraint.regex) < 100
    assert accepts(constraint, "9,8,7,6,5,4,3,2,1")
    assert accepts(constraint, "9,9,9,9,9,9,9,9,9")
    assert not accepts(constraint, "9,8,7")


@pytest.mark.parametrize(
    ("answer", "is_accepted"),
    [
        ("orvello", True),
        ("orvello, women's, 5.5 inch", True),
        ("トレイルシューズ, ミナト", True),
        ("The brand is: orvello", False),
        ("['orvello']", False),
        ("orvello\nnordkamm", False),
        ("orvello,nordkamm", False),
        ("orvello, ", False),
        ("", False),
        ("a, b, c, d, e, f, g", False),
    ],
)
def test_entities_are_a_list_on_one_line(answer: str, is_accepted: bool) -> None:
    constraint = constrain(TaskType.NAMED_ENTITY_RECOGNITION, AnswerSpace())
    assert accepts(constraint, answer) is is_accepted


@pytest.mark.parametrize(
    ("answer", "is_accepted"),
    [
        ("orvello", True),
        ("women's, orvello kits: red", True),
        ("women", True),
        ('54"', True),
        ("54", True),
        ("5 oz.", True),
        ("oz", True),
        ("cd-r, cd-r's", True),
        ("nordkamm", False),
        ("Orvello", False),
        ("red, 5", True),
        ("red 5 oz", True),
        ("small, big", True),
        ("big.", False),
        ("orvello women", False),
    ],
)
def test_entities_are_runs_of_the_querys_words_or_their_parts(answer: str, is_accepted: bool) -> None:
    query = "women's orvello kits: red 5 oz. cd-r's 54\" small, big."
    constraint = constrain(TaskType.NAMED_ENTITY_RECOGNITION, AnswerSpace(passage=query))
    assert accepts(constraint, answer) is is_accepted


def test_entities_of_a_query_without_blanks_are_not_held_to_its_runs() -> None:
    query = AnswerSpace(passage="ミナト登山靴レディース")
    assert accepts(constrain(TaskType.NAMED_ENTITY_RECOGNITION, query), "ミナト, 登山靴")


@pytest.mark.parametrize(
    ("answer", "is_accepted"),
    [
        ("The lid doesn't close", True),
        ("lid", True),
        ("5.5\" deep, I've (tried)"[:-1], True),
        ("the lid", False),
        ("close. Bought", False),
        ("lid close", False),
        ("deep,", False),
        ("Bought it", True),
    ],
)
def test_an_excerpt_is_a_run_of_words_within_a_sentence(answer: str, is_accepted: bool) -> None:
    passage = "The lid doesn't close. Bought it 5.5\" deep, I've (tried) it all [twice]? a+b*c | $9^2 {x}"
    assert accepts(constrain(TaskType.GENERATION, AnswerSpace(passage=passage)), answer) is is_accepted


@pytest.mark.parametrize(
    "passage",
    [
        "!?",
        "つかいやすくてかるいですがすこしちいさいとかんじましたのでおおきめをおすすめしますし、かいかえました",
        "word " * 500,
    ],
)
def test_an_excerpt_without_a_practical_expression_is_free_and_short(passage: str) -> None:
    assert constrain(TaskType.GENERATION, AnswerSpace(passage=passage)) == Constraint(max_tokens=40)


def test_a_text_is_free_but_for_its_length() -> None:
    assert constrain(TaskType.GENERATION, AnswerSpace()) == Constraint()


def test_equal_answer_spaces_share_one_constraint_regardless_of_texts() -> None:
    first = route("Choose 3 of the list.\n1. a\n2. b\n3. c\n4. d", is_multiple_choice=False)
    second = route("Select three from the list.\n1. w\n2. x\n3. y\n4. z", is_multiple_choice=False)
    assert build_constraint(first) is build_constraint(second)


@pytest.mark.parametrize("task_type", [TaskType.GENERATION, TaskType.NAMED_ENTITY_RECOGNITION])
@given(
    words=st.lists(
        st.sampled_from(["red", "5", "oz.", "cd-r's", '54"', "kit:", "a,", "(big)", "50%", "-", "[x]"]), min_size=1
    ),
    data=st.data(),
)
def test_what_a_constraint_on_spans_lets_through_needs_no_repair(
    task_type: TaskType, words: list[str], data: st.DataObject
) -> None:
    passage = " ".join(["red", *words])
    routed = Routed(Question("?"), task_type, AnswerSpace(passage=passage), rule="for this test")
    constraint = build_constraint(routed)
    start = data.draw(st.integers(0, len(passage) - 1))
    answer = passage[start : data.draw(st.integers(start + 1, len(passage)))]
    if constraint.regex is not None and accepts(constraint, answer):
        assert repair(answer, routed) == answer


@pytest.mark.parametrize(
    "spelt", [("i", "ii", "iii", "iv"), ("Ａ", "Ｂ", "Ｃ"), ("①", "②", "③"), ("1.a", "1|b", "(c)"), ("甲", "乙")]
)
def test_only_the_labels_of_any_form_are_allowed_and_stay_unchanged(spelt: tuple[str, ...]) -> None:
    space = AnswerSpace(spelt, ("",) * len(spelt), 1)
    choice = Routed(Question("Which?"), TaskType.MULTIPLE_CHOICE, space, rule="for this test")
    assert build_constraint(choice).choices == spelt
    for label in spelt:
        assert accepts(build_constraint(choice, chain_of_thought=True), f"It is the larger one|{label}")
        assert len(label.encode()) <= build_constraint(choice).max_tokens
        assert repair(label, choice) == repair(f"It is the larger one|{label}", choice) == label
    ranking = Routed(Question("Rank."), TaskType.RANKING, AnswerSpace(spelt, space.texts, len(spelt)), "for this test")
    order = ",".join(reversed(spelt))
    assert accepts(build_constraint(ranking), order)
    assert repair(order, ranking) == order
