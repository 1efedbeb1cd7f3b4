"""The evaluators: how answers are read and scored, one file each."""
