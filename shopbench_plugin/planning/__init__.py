"""Estimates from a model's config alone what it needs and what given GPUs can do."""
