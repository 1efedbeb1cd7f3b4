"""ShopBench as tasks of lm-evaluation-harness and inspect_ai."""
