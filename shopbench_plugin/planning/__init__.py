"""What a model needs and what given cards can do, estimated from the model's config alone."""
