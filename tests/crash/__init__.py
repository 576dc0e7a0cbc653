"""Real processes, killed in the middle of what must not be lost."""
