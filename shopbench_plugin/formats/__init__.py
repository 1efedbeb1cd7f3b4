"""Public forms of question files, each read to `Question`s."""
