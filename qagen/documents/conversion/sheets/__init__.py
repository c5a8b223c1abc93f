"""Tables of spreadsheets and CSV files, as the sheet shows them."""
