"""`generate-key`: a new client key."""

from __future__ import annotations

import secrets

KEY_BYTES = 32


def generate_key() -> int:
    """Print a key that nobody can guess."""
    print(f"sk-{secrets.token_urlsafe(KEY_BYTES)}")
    return 0
