"""Calendar feeds: one address per device, the person's own appointments, neutral words."""
