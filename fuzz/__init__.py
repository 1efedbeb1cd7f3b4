"""What any input has to come to, as functions that raise where it doesn't; `python -m fuzz` tries them on many."""
