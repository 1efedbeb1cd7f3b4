"""The shopping system prompt, which is the default of the LlamaFactory template `qwen2_shopbench`.

This module imports nothing: it is loaded in every process that LlamaFactory starts.
"""

SHOPPING_SYSTEM_PROMPT = (
    "You are a knowledgeable assistant of an online shop. "
    "Answer each question about products, reviews and customers exactly in the form it asks for."
)
