"""A tokenizer's own chat template, rendered as transformers does but without importing it.

The environment is that of transformers (utils/chat_template_utils.py): sandboxed, blocks trimmed, loop
controls and the tag `generation`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from shopbench_plugin.core.errors import ShopBenchError, describe_exception
from shopbench_plugin.models.checkpoints import read_json_object

_TOKENS = ("bos_token", "eos_token", "unk_token", "pad_token")
ADVICE = "copy the model's tokenizer again"
"""What to do about a broken chat template."""


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A chat template and the special tokens that it may use.

    Attributes:
        folder: the tokenizer's folder.
        source: the Jinja text.
        tokens: the tokenizer's special tokens (bos_token, eos_token and others) as text.
    """

    folder: Path
    source: str
    tokens: Mapping[str, str]

    def render(self, messages: Sequence[Mapping[str, str]], *, add_generation_prompt: bool) -> str:
        """Return the dialogue as text.

        Raises:
            ShopBenchError: the template is not valid, or rejects the dialogue.
        """
        try:
            return str(
                _compile(self.source).render(
                    messages=messages, add_generation_prompt=add_generation_prompt, **self.tokens
                )
            )
        except Exception as error:  # a template is third-party code: it may raise anything
            reason = describe_exception(error)
            raise ShopBenchError(f"{self.folder}: its chat template can't be used ({reason}); {ADVICE}") from error


def read_chat_template(folder: Path) -> ChatTemplate | None:
    """Return the chat template of the tokenizer in a folder, or None if it has none.

    Raises:
        ShopBenchError: tokenizer_config.json or the template can't be read.
    """
    config = {}
    if (folder / "tokenizer_config.json").is_file():
        config = read_json_object(folder / "tokenizer_config.json", ADVICE)
    source = _read_source(folder, config)
    if source is None:
        return None
    tokens = {key: _read_token(config[key]) for key in _TOKENS if config.get(key)}
    return ChatTemplate(folder, source, tokens)


def _read_source(folder: Path, config: dict[str, Any]) -> str | None:
    file = folder / "chat_template.jinja"
    if file.is_file():
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ShopBenchError(f"{file}: cannot be read ({error}); {ADVICE}") from error
    source = config.get("chat_template")
    if isinstance(source, list):  # several, by name
        named = {one.get("name"): one.get("template") for one in source if isinstance(one, dict)}
        source = named.get("default")
    return source if isinstance(source, str) else None


def _read_token(value: Any) -> str:
    return str(value.get("content", "")) if isinstance(value, dict) else str(value)


@lru_cache(maxsize=16)
def _compile(source: str) -> Any:
    from jinja2.exceptions import TemplateError
    from jinja2.ext import Extension
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """The tag that marks an assistant's text, which is rendered as it is."""

        tags = {"generation"}  # noqa: RUF012  jinja2's own attribute

        def parse(self, parser: Any) -> Any:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[Generation, "jinja2.ext.loopcontrols"],
        autoescape=False,
    )
    environment.filters["tojson"] = lambda value, **options: json.dumps(value, ensure_ascii=False, **options)
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)  # noqa: DTZ005  as transformers
    return environment.from_string(source)
