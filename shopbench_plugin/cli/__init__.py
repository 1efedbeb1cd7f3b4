"""The command line: arguments in, one call, a table or one line out."""
