"""Which blend of adapters answers best: candidates tried on a development set, chosen with cross-validation."""
