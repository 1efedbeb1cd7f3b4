"""Few-shot demonstrations: questions of a development set with the right answers."""
