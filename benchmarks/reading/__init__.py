"""Documents made from known text and tables, and how much of it comes back: see benchmarks/reading.py."""
