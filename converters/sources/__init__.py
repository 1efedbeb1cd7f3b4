"""Where rows come from: JSONL, JSON arrays, gzip of either, Parquet, folders of them, and the hub."""
