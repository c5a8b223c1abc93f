"""A second look by a model: at pairs that code suspects, and whether an answer can be found again."""
