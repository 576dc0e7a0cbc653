"""How much someone may have at once. Pure."""
