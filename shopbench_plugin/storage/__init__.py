"""Atomic files, locks, and the journal of a run."""
