"""Asking a tuned model, wherever it was tuned."""
