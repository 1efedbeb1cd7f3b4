"""Inference engines: vLLM in process, any OpenAI-compatible server, transformers."""
