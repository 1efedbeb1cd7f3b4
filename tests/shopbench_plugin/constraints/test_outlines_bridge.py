"""Constraints as outlines types and vLLM parameters, and how their engines read the expressions."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from shopbench_plugin.constraints import (
    Constraint,
    build_constraint,
    to_outlines_type,
    to_vllm_arguments,
)
from shopbench_plugin.core.vocabulary import TaskType
from shopbench_plugin.demonstrations.answers import write_answer
from shopbench_plugin.engines.vllm_requests import sampling_params
from shopbench_plugin.formats.questions import read_questions
from shopbench_plugin.routing import route_question

Accepts = Callable[[Constraint, str], bool]

CHOICE = Constraint(choices=("0", "3"), max_tokens=1)
REGEX = Constraint(regex=r"(a|b)\|(1|2)", max_tokens=3)
FREE = Constraint(max_tokens=9)


@pytest.mark.model
def test_constraints_become_outlines_terms() -> None:
    types = pytest.importorskip("outlines.types")
    assert to_outlines_type(CHOICE) == types.Choice(["0", "3"])
    assert to_outlines_type(REGEX) == types.Regex(r"(a|b)\|(1|2)")
    assert to_outlines_type(FREE) is None


@pytest.mark.model
def test_outlines_hands_them_to_vllm_as_expressions() -> None:
    pytest.importorskip("outlines")
    assert to_vllm_arguments(CHOICE) == {"regex": "(0|3)"}
    assert to_vllm_arguments(REGEX) == {"regex": r"((a|b)\|(1|2))"}
    assert to_vllm_arguments(FREE) == {}


@pytest.mark.slow
def test_equal_constraints_share_their_vllm_parameters() -> None:
    pytest.importorskip("vllm")
    assert sampling_params(CHOICE).structured_outputs.regex == "(0|3)"
    assert sampling_params(CHOICE) is sampling_params(Constraint(choices=("0", "3"), max_tokens=1))
    assert sampling_params(FREE).structured_outputs is None


@pytest.fixture(scope="module")
def accepts() -> Accepts:
    """Return a function that tells whether xgrammar lets a model write an answer, and end there."""
    xgrammar = pytest.importorskip("xgrammar")
    compiler = xgrammar.GrammarCompiler(xgrammar.TokenizerInfo([chr(code) for code in range(1, 128)]))

    def accept(constraint: Constraint, answer: str) -> bool:
        compiled = compiler.compile_regex(to_vllm_arguments(constraint)["regex"])
        matcher = xgrammar.GrammarMatcher(compiled, terminate_without_stop_token=True)
        return bool(matcher.accept_string(answer) and matcher.is_terminated())

    return accept


@pytest.mark.model
def test_xgrammar_accepts_every_development_reference(shopbench_development: Path, accepts: Accepts) -> None:
    questions = [one for one in read_questions(shopbench_development) if one.task_type is not TaskType.GENERATION]
    refused = [
        (question.input_field, answer)
        for question in questions
        if not accepts(build_constraint(route_question(question)), answer := write_answer(question))
    ]
    assert len(questions) > 0
    assert refused == []


@pytest.mark.model
def test_xgrammar_accepts_every_development_excerpt_as_its_passage_spells_it(
    shopbench_development: Path, accepts: Accepts
) -> None:
    routes = [route_question(question) for question in read_questions(shopbench_development)]
    excerpts = [one for one in routes if one.task_type is TaskType.GENERATION and one.answer_space.passage]
    assert len(excerpts) > 0
    for routed in excerpts:
        excerpt = re.search(re.escape(write_answer(routed.question)), str(routed.answer_space.passage), re.IGNORECASE)
        assert excerpt is not None
        assert accepts(build_constraint(routed), excerpt[0])


@pytest.mark.model
def test_xgrammar_accepts_a_thought_before_every_development_choice(
    shopbench_development: Path, accepts: Accepts
) -> None:
    choices = [one for one in read_questions(shopbench_development) if one.task_type is TaskType.MULTIPLE_CHOICE]
    constraints = [build_constraint(route_question(question), chain_of_thought=True) for question in choices]
    assert len(choices) > 0
    for question, constraint in zip(choices, constraints, strict=True):
        assert accepts(constraint, f"It is the larger one|{write_answer(question)}")
        assert not accepts(constraint, write_answer(question))


@pytest.mark.model
@pytest.mark.parametrize(
    ("constraint", "answer", "is_accepted"),
    [
        (CHOICE, "3", True),
        (CHOICE, "1", False),
        (Constraint(choices=("1,2", "2,1")), "2,1", True),
        (Constraint(choices=("1,2", "2,1")), "2,2", False),
        (REGEX, "b|2", True),
        (REGEX, "b,2", False),
    ],
)
def test_xgrammar_accepts_just_the_answers_meant(
    constraint: Constraint, answer: str, is_accepted: bool, accepts: Accepts
) -> None:
    assert accepts(constraint, answer) is is_accepted
