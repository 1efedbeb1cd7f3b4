"""What every other package speaks: vocabulary, errors, settings, exits, progress."""
