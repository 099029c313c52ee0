"""Finding a time: what a visit needs, what is free, and where the one fits into the other."""
