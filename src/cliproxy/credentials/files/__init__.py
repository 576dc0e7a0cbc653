"""Credential files: read, and written with new tokens."""
