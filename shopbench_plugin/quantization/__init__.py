"""Padding, cleaning and checking for quantized models."""
