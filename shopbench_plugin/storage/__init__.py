"""Files that are whole or not there, locks, and the journal of a run."""
