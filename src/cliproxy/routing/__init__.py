"""From the model a client names to who could serve it. Pure."""
