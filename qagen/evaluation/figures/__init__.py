"""Answers in figures: rates, intervals, changes, and what they come to in words."""
