"""DOCX: what a reader of a Word document sees, numbers of lists and notes among it."""
