"""Messages to people: derived from what changed, checked and worded at the moment of sending, logged as
sent."""
