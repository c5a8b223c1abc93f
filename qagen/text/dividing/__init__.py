"""Where a text may be cut: headings, paragraphs, lines, sentences, and the full stops that end none."""
