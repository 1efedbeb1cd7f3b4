"""Model folders: checkpoints, chat templates, adapters, and the tiny model."""
