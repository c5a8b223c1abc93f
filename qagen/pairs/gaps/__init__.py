"""Sentences that no pair is about: how many they are, and asking about them."""
