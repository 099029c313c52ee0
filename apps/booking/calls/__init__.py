"""Whom somebody has to ring, why, and what came of it."""
