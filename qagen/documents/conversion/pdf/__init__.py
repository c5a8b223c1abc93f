"""PDF: letters with their places, from PDFium, put into lines, rows, columns and paragraphs."""
