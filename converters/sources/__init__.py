"""Sources of rows: JSONL, JSON arrays and objects, gzip of these, Parquet, Arrow, CSV, folders, and the hub."""
