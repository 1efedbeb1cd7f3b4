"""Engines: what turns prompts into text. vLLM in process, any OpenAI-compatible server, transformers."""
