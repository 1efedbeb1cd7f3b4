"""Public formats of question files, each read into `Question`s."""
