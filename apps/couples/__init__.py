"""Couples and their two people: identity, contact wishes, consent to be written to, silence."""
