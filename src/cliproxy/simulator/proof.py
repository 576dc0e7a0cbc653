"""
Proofs: opaque tokens with which a simulated vendor recognises its own reasoning when it comes back.

A real vendor refuses a proof that is not its own, or that came back with other words. So do these: a proof made here
names its vendor and a digest of the reasoning. One that was not made here may be out of a recording and passes.
"""

import base64
import binascii
import hashlib

MARK = "simulated proof"


def prove(dialect: str, reasoning: str) -> str:
    """Return the proof of some reasoning: base64, like the real ones."""
    digest = hashlib.sha256(reasoning.encode()).hexdigest()
    return base64.b64encode(f"{MARK} {dialect} {digest}".encode()).decode()


def is_forged(dialect: str, proof: str, reasoning: str | None = None) -> bool:
    """Tell whether a proof is another vendor's or, where the reasoning came along, was made for other words."""
    try:
        text = base64.b64decode(proof, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    if not text.startswith(MARK):
        return False
    made_by, _ = text.removeprefix(MARK).split()
    if made_by != dialect:
        return True
    return bool(reasoning) and proof != prove(dialect, reasoning or "")
