"""vLLM in process, a vLLM server, and vLLM on Ray against transformers: the same prompts, the same greedy answers.

The tiny model is run in float32: in bfloat16 two kernels may round a near tie of a random model to either side.
"""

import json
import os
import random
import re
import socket
import time
from dataclasses import fields, replace
from importlib.util import find_spec
from itertools import pairwise

import httpx
import pytest

from shopbench_plugin.constraints import Constraint
from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.core.vocabulary import Message, Question
from shopbench_plugin.engines.interface import Prompt
from shopbench_plugin.engines.openai_engine import OpenAISettings
from shopbench_plugin.engines.registry import find_engine, load_engine
from shopbench_plugin.predict.predictor import Predictor, collect
from shopbench_plugin.predict.settings import PredictorSettings
from tests.shopbench_plugin.conftest import PROJECT
from tests.warm_start import VLLM_MODULES, start_warm

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vllm")]

SHOWN = (Message("user", "Which colour does the lamp have?\n0. red\n1. blue\nAnswer:"), Message("assistant", "1"))
CONSTRAINTS = (
    Constraint(choices=("0", "1", "2", "3"), max_tokens=1),
    Constraint(choices=("1,2,3", "2,1,3", "3,2,1"), max_tokens=6),
    Constraint(regex=r"[A-Za-z][a-z ]{10,30}\|(0|1)", max_tokens=64),
    Constraint(max_tokens=12),
)
PROMPTS = [
    Prompt(
        (*shown, Message("user", f"Question {number}: which product is meant? {'It is red. ' * number}")), constraint
    )
    for number in range(6)
    for shown in ((), SHOWN)
    for constraint in CONSTRAINTS
]
FILE = [
    question.format("It is red and new. " * number)
    for number in range(6)
    for question in (
        "Which product fits the text?\n{}\n0. lamp\n1. desk\n2. chair\nAnswer: ",
        "Explain the product in one sentence: {}\nOutput: ",
        "Rank the products by relevance. {}\n1. lamp\n2. desk\n3. chair\nAnswer with numbers like 3,1,2: ",
    )
]


def settings(model, engine, **values):
    common = {"dtype": "float32", "cpu_cache_gib": 1, "enforce_eager": True, "max_model_len": 1024}
    kind = find_engine(engine)
    known = {field.name for field in fields(kind)}
    return kind(model=str(model), **{name: value for name, value in {**common, **values}.items() if name in known})


def answer(engine, prompts=PROMPTS, deadline=None):
    found = dict(engine.complete(prompts, deadline))
    assert sorted(found) == list(range(len(prompts)))
    return [found[index] for index in range(len(prompts))]


def texts(answers):
    return [one.text for one in answers]


@pytest.fixture(scope="module")
def expected(tiny_model):
    engine = load_engine(settings(tiny_model, engine="transformers"))
    answers = answer(engine)
    engine.close()
    return answers


@pytest.fixture(scope="module")
def vllm_engine(tiny_model):
    engine = load_engine(settings(tiny_model, engine="vllm"))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def server_url(tiny_model, tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    options = ["--host", "127.0.0.1", "--port", str(port), "--dtype", "float32", "--enforce-eager"]
    options += ["--max-model-len", "1024", "--served-model-name", "tiny", "--enable-prompt-tokens-details"]
    with log.open("wb") as stream:
        command = [find_spec("vllm.entrypoints.openai.api_server").origin, "--model", tiny_model, *options]
        # Else it wants most of the memory that the machine has, which others may use.
        environment = os.environ | {"VLLM_CPU_KVCACHE_SPACE": "1"}
        server = start_warm(VLLM_MODULES, command, PROJECT, environment, (stream.fileno(), stream.fileno()))
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(url, server, log)
        yield f"{url}/v1"
    finally:
        server.terminate()
        server.wait(60)


def wait_until_healthy(url, server, log):
    end = time.monotonic() + 420
    while time.monotonic() < end and server.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    pytest.fail(f"the server did not start: {log.read_text(encoding='utf-8')[-2000:]}")


def test_vllm_streams_what_it_answers_in_growing_pieces(vllm_engine, expected):
    told = [[] for _ in PROMPTS]
    found = dict(vllm_engine.complete_streamed(PROMPTS, None, lambda index, text: told[index].append(text)))
    assert [found[index].text for index in range(len(PROMPTS))] == texts(expected)
    assert all(later.startswith(before) for pieces in told for before, later in pairwise(pieces))
    lists = [index for index, prompt in enumerate(PROMPTS) if len(prompt.constraint.choices) == 3]
    assert all(len(set(told[index])) > 2 for index in lists)


def test_vllm_writes_what_transformers_writes(vllm_engine, expected):
    answers = answer(vllm_engine)
    assert texts(answers) == texts(expected)
    assert [one.prompt_tokens for one in answers] == [one.prompt_tokens for one in expected]


def test_every_answer_keeps_to_its_constraint(expected):
    for prompt, one in zip(PROMPTS, expected, strict=True):
        constraint = prompt.constraint
        assert not constraint.choices or one.text in constraint.choices
        assert constraint.regex is None or re.fullmatch(constraint.regex, one.text)


def test_shared_beginnings_come_from_the_cache(vllm_engine):
    shown = (Message("user", "The lamp is red. " * 60), Message("assistant", "1"))
    prompts = [Prompt((*shown, Message("user", f"And {number}?")), CONSTRAINTS[0]) for number in range(4)]
    answer(vllm_engine, prompts)
    again = answer(vllm_engine, prompts)
    assert all(one.cached_tokens >= 128 for one in again)


def test_vllm_gives_up_what_is_late(vllm_engine):
    long = [
        Prompt((Message("user", f"Question {number}"),), Constraint(regex="[ab]{600}", max_tokens=700))
        for number in range(30)
    ]
    answer(vllm_engine, long[:1])  # so that the constraint's own start takes none of the time
    answers = answer(vllm_engine, long, time.monotonic() + 0.5)
    assert {one.finish_reason for one in answers} == {"deadline"}
    assert any(re.fullmatch("[ab]+", one.text) for one in answers), "what was written by then is kept"
    assert texts(answer(vllm_engine, PROMPTS[:1])), "the engine goes on"


def test_vllm_tells_the_log_probabilities_that_transformers_tells(tiny_model, vllm_engine):
    labels = (tuple("0123"), tuple(map(str, range(1, 13))), ("A",))
    prompts = [replace(prompt, constraint=Constraint(choices=labels[n % 3])) for n, prompt in enumerate(PROMPTS)]
    engine = load_engine(settings(tiny_model, engine="transformers"))
    theirs, ours = dict(engine.score_labels(prompts)), dict(vllm_engine.score_labels(prompts))
    engine.close()
    assert sorted(ours) == sorted(theirs) == list(range(len(prompts)))
    for index, one in theirs.items():
        assert ours[index].label_logprobs == pytest.approx(one.label_logprobs, abs=1e-4)
        assert (ours[index].text, ours[index].prompt_tokens) == (one.text, one.prompt_tokens)


@pytest.mark.parametrize(("model", "reason"), [("broken_model", "not-finite"), ("flat_model", "undecided")])
def test_vllm_says_what_the_constraint_alone_chose(model, reason, request):
    engine = load_engine(settings(request.getfixturevalue(model), engine="vllm"))
    answers = answer(engine, PROMPTS[:4])
    engine.close()
    assert [one.finish_reason for one in answers] == [reason] * 4


def test_a_vllm_server_writes_what_transformers_writes(server_url, expected):
    engine = load_engine(OpenAISettings(model="tiny", base_urls=(server_url,)))
    answers = answer(engine)
    assert texts(answers) == texts(expected)
    assert [one.prompt_tokens for one in answers] == [one.prompt_tokens for one in expected]
    assert engine.context_length == 1024
    assert engine.count_tokens(PROMPTS[0].messages) == expected[0].prompt_tokens
    engine.close()


def test_two_replicas_on_ray_share_the_work_and_outlive_each_other(tiny_model, expected):
    import ray

    engine = load_engine(settings(tiny_model, engine="vllm", data_parallel_size=2))
    assert texts(answer(engine)) == texts(expected)
    ray.kill(engine._replicas[0].actor)
    assert texts(answer(engine)) == texts(expected)
    engine.close()
    ray.shutdown()


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        (
            {"tensor_parallel_size": 3},
            "Total number of attention heads (4) must be divisible by tensor parallel size (3).",
        ),
        (
            {"dtype": "flaot16"},
            "'dtype': Input should be 'auto', 'half', 'float16', 'bfloat16', 'float' or 'float32'",
        ),
    ],
)
def test_a_setting_that_vllm_rejects_for_a_model_is_named_in_one_line(tiny_model, setting, reason):
    with pytest.raises(ShopBenchError) as caught:
        load_engine(settings(tiny_model, engine="vllm", **setting))
    assert str(caught.value) == (
        f"{tiny_model}: vLLM rejects these settings for it ({reason}); change them, or fix or export it again"
    )


def test_a_deterministic_engine_answers_a_question_the_same_in_any_company(tiny_model):
    """Log-probabilities to the last bit, in bfloat16, so that near ties would show."""
    kind = settings(tiny_model, engine="vllm", deterministic=True, dtype="bfloat16")
    predictor = Predictor(PredictorSettings(engine=kind, label_calibration="contextual"))
    whole = predict(predictor, FILE)
    for seed in (1, 2):
        shuffled = random.Random(seed).sample(FILE, len(FILE))
        assert predict(predictor, shuffled) == whole
        assert predict(predictor, shuffled[:5]).items() <= whole.items()
    predictor.close()


def predict(predictor, questions):
    """Return the rows of an output by question."""
    predictions = collect(predictor.answer([Question(text) for text in questions]), len(questions))
    return {one.question.input_field: json.dumps(one.to_row()) for one in predictions}
