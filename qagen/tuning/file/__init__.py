"""The training file: written, read, checked and reported on, line by line."""
