"""What stops a start."""


class CannotStart(Exception):
    """One line for a person: what is in the way, and the remedy. Shown without a traceback; exit code 1."""
