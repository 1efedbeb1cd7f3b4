from pathlib import Path

from typer.testing import CliRunner

from shopbench_plugin.cli.main import app
from tests.shopbench_plugin.models.gguf_writer import write_gguf


def test_it_says_what_it_wrote(tiny_base_model: Path, tmp_path: Path) -> None:
    file = write_gguf(tiny_base_model, tmp_path / "tiny.gguf")
    arguments = ["import-gguf", "--file", str(file), "--output", str(tmp_path / "model"), "--dtype", "float32"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        f"wrote a qwen2 model of 1 million weights in float32, end token <|im_end|>, to {tmp_path / 'model'}\n"
    )
    assert (tmp_path / "model" / "model.safetensors").is_file()


def test_an_unknown_type_is_a_usage_error(tmp_path: Path) -> None:
    arguments = ["import-gguf", "--file", "a.gguf", "--output", str(tmp_path / "model"), "--dtype", "int8"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "'int8' is not one of 'float32', 'bfloat16'" in result.stderr
