import json
from collections import Counter
from itertools import pairwise

import pytest

from converters.calibration import CalibrationSettings, spread_evenly, write_calibration
from shopbench_plugin.core.errors import ShopBenchError

CHOICE = {"instruction": "Which?", "input": "0. a\n1. b\nAnswer: ", "output": "1"}
FREE = {"instruction": "Explain tea.", "input": "", "output": "A drink."}


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [CHOICE] * 30 + [FREE] * 10), encoding="utf-8")
    return path


def calibrate(data, **settings):
    output = data.parent / "calibration.jsonl"
    summary = write_calibration(CalibrationSettings(data, output, **settings))
    return [json.loads(line)["text"] for line in output.open(encoding="utf-8")], summary


def test_a_dialogue_is_marked_up_as_the_template_does(data):
    texts, _ = calibrate(data, texts=1, length=1, template="qwen2")

    assert texts[0] == (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        "<|im_start|>user\nWhich?\n0. a\n1. b\nAnswer: <|im_end|>\n<|im_start|>assistant\n1<|im_end|>\n"
    )


def test_the_shopping_template_brings_its_own_system_prompt(data):
    texts, _ = calibrate(data, texts=1, length=1)

    assert texts[0].startswith("<|im_start|>system\nYou are a knowledgeable assistant of an online shop. ")


def test_every_text_is_longer_than_the_window_in_the_models_tokens(data, tokenizer):
    from tokenizers import Tokenizer

    texts, summary = calibrate(data, texts=20, length=700, tokenizer=tokenizer)
    counter = Tokenizer.from_file(str(tokenizer / "tokenizer.json"))
    sizes = [len(counter.encode(text).ids) for text in texts]

    assert len(texts) == 20
    assert min(sizes) == summary.shortest > 700
    assert max(sizes) < 1_100


def test_tasks_come_in_proportion_within_every_stretch(data):
    texts, summary = calibrate(data, texts=10, length=300)
    dialogues = [dialogue for text in texts for dialogue in text.split("<|im_start|>system\n")[1:]]
    free = [index for index, dialogue in enumerate(dialogues) if "Explain tea." in dialogue]

    assert summary.task_types == {"multiple-choice": 30, "generation": 10}
    assert {later - earlier for earlier, later in pairwise(free)} <= {3, 4, 5}


def test_the_same_seed_writes_the_same_file(data):
    assert calibrate(data, texts=5)[0] == calibrate(data, texts=5)[0]
    assert calibrate(data, texts=5, seed=1)[0] != [] != calibrate(data, texts=5, seed=2)[0]


def test_kinds_are_spread_evenly():
    order = spread_evenly(["a"] * 6 + ["b"] * 3)
    kinds = "".join("a" if position < 6 else "b" for position in order)

    assert Counter(kinds[:3]) == Counter(kinds[3:6]) == Counter(kinds[6:]) == Counter("aab")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"instruction": "a"}', "set.jsonl:1: instruction, input or output is missing"),
        (
            json.dumps(CHOICE | {"task": "T"}),
            "set.jsonl:1: is an unconverted ECInstruct row; run `shopbench convert`",
        ),
        (json.dumps(CHOICE | {"options": None}), "set.jsonl:1: is an unconverted ECInstruct row"),
        ("", "contains no rows; pass a file"),
        ("{", "set.jsonl:1: not valid JSON"),
    ],
)
def test_data_of_another_form_is_an_error(data, row, message):
    data.write_text(row, encoding="utf-8")

    with pytest.raises(ShopBenchError, match=message):
        calibrate(data)


def test_a_data_set_is_not_overwritten_by_its_texts(data, tmp_path):
    before, link = data.read_bytes(), tmp_path / "link.jsonl"
    link.symlink_to(data)

    for output in (data, tmp_path / "." / data.name, link):
        with pytest.raises(ShopBenchError, match=r"\.jsonl: is also an input and would be overwritten"):
            write_calibration(CalibrationSettings(data, output))
    assert data.read_bytes() == before


@pytest.mark.model
def test_an_unknown_template_and_a_missing_tokenizer_are_named(data, tokenizer):
    with pytest.raises(ShopBenchError, match="unknown template 'qwen3_nothin', did you mean 'qwen3_nothink'"):
        calibrate(data, template="qwen3_nothin", tokenizer=tokenizer)
    with pytest.raises(ShopBenchError, match="template 'llama3' uses its model's tokenizer; pass --tokenizer FOLDER"):
        calibrate(data, template="llama3")
    with pytest.raises(ShopBenchError, match=r"tokenizer\.json: not a readable tokenizer"):
        calibrate(data, tokenizer=data.parent)


@pytest.mark.model
@pytest.mark.parametrize(
    ("template", "text"),
    [
        (
            "qwen3_nothink",
            "<|im_start|>user\nWhich?\n0. a\n1. b\nAnswer: <|im_end|>\n<|im_start|>assistant\n1<|im_end|>\n",
        ),
        (
            "llama3",
            (
                "<|start_header_id|>user<|end_header_id|>\n\nWhich?\n0. a\n1. b\nAnswer: <|eot_id|>"
                "<|start_header_id|>assistant<|end_header_id|>\n\n1<|eot_id|>"
            ),
        ),
    ],
)
def test_every_template_of_llamafactory_writes_its_own_markup(data, tokenizer, tmp_path, template, text):
    pytest.importorskip("llamafactory")
    (tmp_path / "tokenizer.json").write_bytes((tokenizer / "tokenizer.json").read_bytes())
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    texts, _ = calibrate(data, texts=1, length=1, template=template, tokenizer=tmp_path)

    assert texts[0] == text


def test_a_family_is_calibrated_in_its_own_markup(data, tokenizer, tmp_path):
    for file in tokenizer.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    template = (
        "{{ bos_token }}{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}{{ eos_token }}\n"
        "{% endfor %}"
    )
    config = {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "chat_template": template}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    texts, _ = calibrate(data, texts=1, length=1, tokenizer=tmp_path)

    assert texts[0] == "<s>[user] Which?\n0. a\n1. b\nAnswer: </s>\n[assistant] 1</s>\n"
