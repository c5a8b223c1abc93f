"""Further wordings of a fact: by a model and by templates, checked and judged."""
