"""Shared by all other packages: vocabulary, errors, settings, exits, progress."""
