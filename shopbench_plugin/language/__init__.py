"""What the project knows of each language."""
