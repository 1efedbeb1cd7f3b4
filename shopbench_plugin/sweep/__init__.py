"""Finds the blend of adapters that answers best: tries candidates on a development set, with cross-validation."""
