"""Running experiments: steps, models, scorers."""
