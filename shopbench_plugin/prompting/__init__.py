"""From a question and its demonstrations to the dialogue that the model is asked.

Nothing is imported here: LlamaFactory's processes read `system_prompt` and nothing else.
"""
