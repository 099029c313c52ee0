"""Editing a document: its numbers with their labels, changes in the text itself, faults and an example plan."""
