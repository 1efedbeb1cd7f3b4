"""From the blocks of a source to one shuffled data set, in memory that does not grow with the number of rows."""
