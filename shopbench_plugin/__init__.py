"""Tools around LlamaFactory that take an engineer from ECInstruct rows to a ShopBench score."""
