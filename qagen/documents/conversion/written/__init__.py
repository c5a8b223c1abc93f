"""What word processors write beside DOCX: rich text (RTF) and OpenDocument (ODT)."""
