"""Builds the model's dialogue from a question and its demonstrations.

Nothing is imported here: LlamaFactory's processes read only `system_prompt`.
"""
