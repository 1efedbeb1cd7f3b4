"""What the project says to real models, token by token: prompts, calibration texts, cut questions and constraints."""

import json
from pathlib import Path
from typing import Any

import pytest

from converters.calibration import CalibrationSettings, write_calibration
from shopbench_plugin.constraints import build_constraint, to_vllm_arguments
from shopbench_plugin.core.vocabulary import Message, Question, Routed, TaskType
from shopbench_plugin.demonstrations.answers import write_answer
from shopbench_plugin.demonstrations.choice import DemonstrationSet, choose_demonstrations
from shopbench_plugin.demonstrations.preset_files import read_preset
from shopbench_plugin.engines.chat_tokens import ChatTokenizer
from shopbench_plugin.engines.label_tree import grow_label_tree
from shopbench_plugin.formats.questions import read_development_set, read_questions
from shopbench_plugin.prompting.fitting import fit_to_context
from shopbench_plugin.prompting.messages import PromptSettings, build_messages
from shopbench_plugin.routing import route_question

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("smollm2")]


@pytest.fixture
def routes(shopbench_development: Path) -> list[Routed]:
    return [route_question(question) for question in read_questions(shopbench_development)]


@pytest.fixture
def shown(shopbench_development: Path) -> DemonstrationSet:
    return choose_demonstrations(read_preset("fewshot"), read_development_set(shopbench_development))


def to_dialogue(messages: tuple[Message, ...]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def test_every_prompt_is_the_chat_template_token_for_token(
    tokenizer: Any, routes: list[Routed], shown: DemonstrationSet
) -> None:
    chat = ChatTokenizer(tokenizer)
    for routed in routes:
        for demonstrations in ((), shown.for_question(routed)):
            messages = build_messages(routed, demonstrations)
            expected = tokenizer.apply_chat_template(
                to_dialogue(messages), tokenize=True, add_generation_prompt=True, return_dict=False
            )
            assert chat.encode(messages) == expected


def test_every_question_is_trained_on_as_it_is_asked(
    folder: Path, tokenizer: Any, routes: list[Routed], shown: DemonstrationSet
) -> None:
    from llamafactory.data.template import get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments
    from transformers import AutoTokenizer

    trained, chat = AutoTokenizer.from_pretrained(folder), ChatTokenizer(tokenizer)
    template = get_template_and_fix_tokenizer(trained, DataArguments(template=None))
    for routed in routes:
        for demonstrations in ((), shown.for_question(routed)):
            messages = build_messages(routed, demonstrations)
            answer = {"role": "assistant", "content": "1"}
            prompt, response = template.encode_oneturn(trained, [*to_dialogue(messages), answer])
            assert prompt == chat.encode(messages)
            assert response[:2] == [*tokenizer.encode("1", add_special_tokens=False), tokenizer.eos_token_id]


def test_calibration_texts_are_dialogues_of_the_chat_template(folder: Path, tokenizer: Any, tmp_path: Path) -> None:
    rows = [
        {"instruction": f"Is lamp {n} good?\n0. no\n1. yes\nAnswer: ", "input": "", "output": "1"} for n in range(40)
    ]
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    summary = write_calibration(CalibrationSettings(data, tmp_path / "texts.jsonl", folder, texts=4, length=128))
    texts = [json.loads(line)["text"] for line in (tmp_path / "texts.jsonl").read_text().splitlines()]
    rendered = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": row["instruction"]}, {"role": "assistant", "content": row["output"]}],
            tokenize=False,
        ).strip()
        for row in rows
    ]
    assert min(len(tokenizer.encode(text, add_special_tokens=False)) for text in texts) == summary.shortest > 128
    for text in texts:
        pieces = [piece for piece in rendered if piece in text]
        assert len(pieces) > 1
        assert sum(map(len, pieces)) >= len("".join(text.split("\n\n"))) - 2 * len(pieces)


@pytest.mark.parametrize("limit", [200, 400])
def test_a_question_that_is_too_long_fits_once_it_is_cut(
    tokenizer: Any, routes: list[Routed], shown: DemonstrationSet, limit: int
) -> None:
    chat = ChatTokenizer(tokenizer)
    fitted = [
        fit_to_context(
            routed, shown.for_question(routed), PromptSettings(), lambda messages: len(chat.encode(messages)), limit
        )
        for routed in routes
    ]
    assert any(one.cuts for one in fitted)
    assert all((len(chat.encode(one.messages)) <= limit) == one.fits for one in fitted)
    assert sum(one.fits for one in fitted) > len(fitted) / 2


def test_every_label_is_one_token_up_to_nine_and_told_from_longer_ones(tokenizer: Any) -> None:
    chat = ChatTokenizer(tokenizer)
    one_token = grow_label_tree(tuple("0123456789ABCDE"), chat.encode_text, tokenizer.eos_token_id)
    assert [len(path) for path in one_token.paths] == [2] * 15
    assert list(one_token.branches) == [()]
    longer = grow_label_tree(tuple(map(str, range(1, 13))), chat.encode_text, tokenizer.eos_token_id)
    assert [len(path) for path in longer.paths] == [2] * 9 + [3] * 3
    one = tuple(chat.encode_text("1"))
    assert {before: len(after) for before, after in longer.branches.items()} == {(): 9, one: 4}


def test_constraints_let_every_reference_be_written_in_the_tokenizers_own_tokens(
    tokenizer: Any, folder: Path, routes: list[Routed]
) -> None:
    """Labels, permutations, selections, entities, and excerpts as their passages spell them."""
    xgrammar = pytest.importorskip("xgrammar")
    size = json.loads((folder / "config.json").read_text())["vocab_size"]
    compiler = xgrammar.GrammarCompiler(xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=size))
    tried = set()
    for routed in routes:
        answer = find_reference(routed)
        constraint = build_constraint(routed)
        if answer is None or not to_vllm_arguments(constraint):
            continue
        tokens = tokenizer.encode(answer, add_special_tokens=False)
        matcher = xgrammar.GrammarMatcher(compiler.compile_regex(to_vllm_arguments(constraint)["regex"]))
        assert all(matcher.accept_token(token) for token in tokens), (answer, routed.question.input_field)
        assert matcher.accept_token(tokenizer.eos_token_id)
        assert len(tokens) <= constraint.max_tokens
        tried.add(routed.task_type)
    assert tried == set(TaskType)


def find_reference(routed: Routed) -> str | None:
    """Return the reference as it may be written; None for an excerpt that the passage spells in another way."""
    question: Question = routed.question
    answer, passage = write_answer(question), routed.answer_space.passage
    if routed.task_type is not TaskType.GENERATION:
        return answer
    place = (passage or "").lower().find(answer.lower())
    return passage[place : place + len(answer)] if passage and place >= 0 else None
