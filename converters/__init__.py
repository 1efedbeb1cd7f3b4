"""Converters from public shopping data to the datasets that LlamaFactory trains on."""
