"""The clinic: who works here, when it is open, and the list of changes that everything above pulls from."""
