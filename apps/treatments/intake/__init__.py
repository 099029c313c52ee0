"""Couples that come in by file: the sheet, its columns and cells, what a row does, and the import as a whole."""
