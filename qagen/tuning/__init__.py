"""From a dataset to a tuned model."""
