"""A session on its day: fitness, units, the gate, the dose, and how it stands."""
