"""The page a person looks at: one file with the figures, the texts, the pairs and what became of each."""
