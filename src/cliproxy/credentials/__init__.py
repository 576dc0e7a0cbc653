"""Whom to ask next, and when to rest. Pure: time is an argument."""
