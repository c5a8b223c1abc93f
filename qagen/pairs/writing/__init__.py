"""Question-answer pairs from passages: prompts, schemas, the writer, and what became of each passage."""
