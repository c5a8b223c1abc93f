"""From a source to passages: loading and splitting."""
