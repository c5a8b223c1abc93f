"""Talking to a model: parsing, asking, the ledger, models by name, tokens."""
