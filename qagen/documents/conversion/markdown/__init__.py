"""Markdown and plain text: as they are written, less what a reader of the page does not see."""
