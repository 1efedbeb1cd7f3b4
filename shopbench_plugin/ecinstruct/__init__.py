"""ECInstruct's tasks, rows and literals."""
