"""PDF: letters with their places, read by PDFium, put into lines, rows, columns and paragraphs as a reader sees them."""
