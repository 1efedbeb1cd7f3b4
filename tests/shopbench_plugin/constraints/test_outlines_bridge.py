"""Constraints in the terms of outlines and vLLM, and what the engines behind them make of the expressions."""

from pathlib import Path

import pytest

from shopbench_plugin.constraints import (
    Constraint,
    build_constraint,
    to_outlines_type,
    to_vllm_arguments,
    to_vllm_params,
)
from shopbench_plugin.questions import read_questions
from shopbench_plugin.routing import route_question

CHOICE = Constraint(choices=("0", "3"), max_tokens=1)
REGEX = Constraint(regex=r"(a|b)\|(1|2)", max_tokens=3)
FREE = Constraint(max_tokens=9)


def test_constraints_become_outlines_terms() -> None:
    types = pytest.importorskip("outlines.types")
    assert to_outlines_type(CHOICE) == types.Choice(["0", "3"])
    assert to_outlines_type(REGEX) == types.Regex(r"(a|b)\|(1|2)")
    assert to_outlines_type(FREE) is None


def test_outlines_hands_them_to_vllm_as_expressions() -> None:
    pytest.importorskip("outlines")
    assert to_vllm_arguments(CHOICE) == {"regex": "(0|3)"}
    assert to_vllm_arguments(REGEX) == {"regex": r"((a|b)\|(1|2))"}
    assert to_vllm_arguments(FREE) == {}


@pytest.mark.slow
def test_equal_constraints_share_their_vllm_parameters() -> None:
    pytest.importorskip("vllm")
    assert to_vllm_params(CHOICE).regex == "(0|3)"
    assert to_vllm_params(CHOICE) is to_vllm_params(Constraint(choices=("0", "3"), max_tokens=1))
    assert to_vllm_params(FREE) is None


def test_xgrammar_takes_every_development_constraint(shopbench_development: Path) -> None:
    xgrammar = pytest.importorskip("xgrammar")
    routes = [route_question(question) for question in read_questions(shopbench_development)]
    constraints = {build_constraint(routed) for routed in routes} | {
        build_constraint(routed, chain_of_thought=True) for routed in routes
    }
    for constraint in constraints:
        arguments = to_vllm_arguments(constraint)
        if arguments:
            xgrammar.Grammar.from_regex(arguments["regex"])


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
def test_xgrammar_accepts_just_the_answers_meant(constraint: Constraint, answer: str, is_accepted: bool) -> None:
    xgrammar = pytest.importorskip("xgrammar")
    tokens = xgrammar.TokenizerInfo([chr(code) for code in range(1, 128)])
    compiled = xgrammar.GrammarCompiler(tokens).compile_regex(to_vllm_arguments(constraint)["regex"])
    assert xgrammar.GrammarMatcher(compiled, terminate_without_stop_token=True).accept_string(answer) is is_accepted
