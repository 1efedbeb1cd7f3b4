"""Builds the model's dialogue from a question and its demonstrations."""
