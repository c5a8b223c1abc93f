"""Replies made into values: thoughts and fences taken off, JSON found and mended, shapes fitted."""
