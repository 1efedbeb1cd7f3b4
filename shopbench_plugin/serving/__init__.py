"""An OpenAI-compatible endpoint over the predictor."""
