"""Converters from public shopping data to the data sets that LlamaFactory trains on."""
