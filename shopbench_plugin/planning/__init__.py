"""What a model needs and what given cards can do, reckoned from the model's config alone."""
