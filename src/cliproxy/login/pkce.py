"""
What a login makes of chance: the state that it is known by, and the proof key of RFC 7636 (PKCE).

A verifier stays with us, its digest goes out with the person; a code that somebody else catches is then worth nothing.
The first 16 bytes of a login's entropy are its state, the next 16 its device, the rest its verifier.

Source: RFC 7636 sections 4.1 and 4.2; `reference` sheet `cli`, section 7 (lengths; read 2026-11-21).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from cliproxy.credentials.credential import Secret

SHORT, LONG = 32, 96  # bytes of a verifier, which become 43 and 128 characters


def state_of(entropy: bytes) -> str:
    """Return what a callback must bring back."""
    return entropy[:16].hex()


def device_of(entropy: bytes) -> str:
    """Return the id of a device that does not exist: a random UUID (version 4)."""
    chance = bytearray(entropy[16:32])
    chance[6] = chance[6] & 0x0F | 0x40
    chance[8] = chance[8] & 0x3F | 0x80
    text = chance.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def verifier_of(entropy: bytes, length: int = LONG) -> Secret:
    """Return the verifier that so many bytes make."""
    return Secret(_encoded(entropy[32 : 32 + length]))


def challenge(verifier: Secret) -> Mapping[str, str]:
    """Return what goes out instead of a verifier; nothing where there is none."""
    if not verifier:
        return {}
    digest = hashlib.sha256(verifier.reveal().encode()).digest()
    return {"code_challenge": _encoded(digest), "code_challenge_method": "S256"}


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
