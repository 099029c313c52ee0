"""Two versions of a protocol: what differs in words, whether any plan can differ, and what a move would change."""
