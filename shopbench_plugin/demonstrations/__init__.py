"""Few-shot demonstrations: which questions of a development set are shown, with the answers they should have got."""
