"""ShopBench as tasks of lm-evaluation-harness."""
