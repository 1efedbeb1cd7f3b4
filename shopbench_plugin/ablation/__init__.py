"""What each part of the system is worth: the whole system against itself with one thing changed at a time."""
