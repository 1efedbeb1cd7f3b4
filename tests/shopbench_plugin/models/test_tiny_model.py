import json
import shutil
from pathlib import Path

import pytest

from shopbench_plugin.core.errors import ShopBenchError
from shopbench_plugin.models.tiny_model import TinyModelSettings, create_tiny_model


@pytest.fixture(scope="module")
def tokenizer(tiny_base_model: Path):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_base_model)


def test_the_tokenizer_has_qwen2s_special_tokens(tokenizer) -> None:
    assert tokenizer.convert_tokens_to_ids(["<|endoftext|>", "<|im_start|>", "<|im_end|>"]) == [0, 1, 2]
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|endoftext|>")


@pytest.mark.parametrize("text", ["1234", "ケトル ☕", "  two  spaces\n\n", "l'été", "a\tb\r\n"])
def test_any_text_survives_the_tokenizer(tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_every_digit_is_a_token_of_its_own(tokenizer) -> None:
    assert [tokenizer.decode([token]) for token in tokenizer.encode("15,2")] == ["1", "5", ",", "2"]


def test_the_chat_template_is_qwen2s(tokenizer) -> None:
    turns = [{"role": "user", "content": " Hi\n"}, {"role": "assistant", "content": "Yes"}]
    assert tokenizer.apply_chat_template(turns, tokenize=False) == (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        "<|im_start|>user\n Hi\n<|im_end|>\n<|im_start|>assistant\nYes<|im_end|>\n"
    )


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    settings = TinyModelSettings(vocabulary_size=300, hidden_size=128, intermediate_size=128, layers=1)
    for name in ("first", "second"):
        create_tiny_model(["some text", "some more"], tmp_path / name, settings)
    first, second = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("first", "second"))
    assert first == second


def test_no_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ShopBenchError, match="the tiny model's tokenizer needs text to learn from"):
        create_tiny_model([], tmp_path / "model", TinyModelSettings())
    assert not (tmp_path / "model").exists()


def test_a_missing_text_is_named_before_torch_is_imported(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path\n"
        "from shopbench_plugin.cli.tiny_model import create\n"
        "try: create([Path('absent.jsonl')], Path('model'))\n"
        "except Exception as error: print(error, {'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == ("absent.jsonl: cannot be read (No such file or directory); check the path set()\n"), (
        done.stderr
    )


QWEN2_0_5B = {"vocab_size": 151_936, "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24}


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "qwen2", **QWEN2_0_5B},
        {"model_type": "llama", **QWEN2_0_5B, "vocab_size": 512, "hidden_size": 128, "num_hidden_layers": 1},
        {"model_type": "qwen2"},
    ],
)
def test_a_model_that_is_not_tiny_is_not_replaced(tmp_path: Path, config: dict[str, object]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ShopBenchError, match="contains something other than a tiny model; choose another folder"):
        create_tiny_model(["text"], tmp_path, TinyModelSettings())
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_a_folder_of_other_files_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").touch()
    with pytest.raises(ShopBenchError, match="contains something other than a tiny model"):
        create_tiny_model(["text"], tmp_path, TinyModelSettings())


def test_a_tiny_model_beside_other_files_is_not_replaced(tiny_base_model: Path, tmp_path: Path) -> None:
    shutil.copy(tiny_base_model / "config.json", tmp_path)
    (tmp_path / "letters.txt").touch()
    with pytest.raises(ShopBenchError, match=r"also contains other files \('letters.txt'\); choose another folder"):
        create_tiny_model(["text"], tmp_path, TinyModelSettings())
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "letters.txt"}


def test_a_tiny_model_and_an_empty_folder_are_replaced(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for layers in (1, 2):
        settings = TinyModelSettings(vocabulary_size=300, intermediate_size=128, layers=layers)
        create_tiny_model(["some text"], tmp_path, settings)
    assert json.loads((tmp_path / "config.json").read_text())["num_hidden_layers"] == 2
    assert "model shards" not in capfd.readouterr().err


def test_a_width_that_gptq_cannot_group_is_refused() -> None:
    with pytest.raises(ShopBenchError, match="--hidden-size 100: GPTQ needs a multiple of 128; use 128"):
        TinyModelSettings(hidden_size=100)
