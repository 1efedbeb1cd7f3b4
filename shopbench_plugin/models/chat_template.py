"""Qwen2's chat template as Jinja text, with the system prompt that is used if a dialogue has none.

This module imports nothing: it is loaded in every process that LlamaFactory starts.
"""

SHOPPING_SYSTEM_PROMPT = (
    "You are a knowledgeable assistant of an online shop. "
    "Answer each question about products, reviews and customers exactly in the form it asks for."
)
"""The default of the LlamaFactory template `qwen2_shopbench`."""

DEFAULT_SYSTEM_PROMPT = "You are a helpful assistant."
"""What Qwen2's own template says; Qwen2.5's and LlamaFactory's `qwen` say something else."""

SYSTEM_PROMPTS = {"qwen2": DEFAULT_SYSTEM_PROMPT, "qwen2_shopbench": SHOPPING_SYSTEM_PROMPT}
"""The LlamaFactory templates of this project, and the system prompt of each."""


def write_chat_template(system_prompt: str = DEFAULT_SYSTEM_PROMPT) -> str:
    r"""Return a Jinja chat template that renders like Qwen2-Instruct's, except for the default system prompt.

    Every turn is `<|im_start|>ROLE\nCONTENT<|im_end|>\n`, contents unchanged; a dialogue whose first message isn't a
    system message starts with `system_prompt` (tokenizer_config.json of Qwen/Qwen2-7B-Instruct).
    """
    quoted = system_prompt.replace("\\", "\\\\").replace("'", "\\'")
    return (
        "{% for message in messages %}"
        "{% if loop.first and message['role'] != 'system' %}"
        f"{{{{ '<|im_start|>system\\n{quoted}<|im_end|>\\n' }}}}"
        "{% endif %}"
        "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
        "{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
    )
