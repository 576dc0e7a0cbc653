"""Who is asking. Pure."""
