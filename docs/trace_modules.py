"""Print the modules that one row passes on its conversion, and one question from its file to its score.

A module counts where one of its functions runs for that row or question; what only defines names, and what is run once
to read settings, does not: the same command is traced with one more row, and what runs more often is counted.
Run it with `python docs/trace_modules.py`.
"""
