"""
What the file of a new account is called: as the Go program calls it, and safe whatever an account is called.

Source: `reference` sheets `providers/*`, section b (read 2026-11-21).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 200  # bytes; file systems take 255

_NOT_IN_NAMES = re.compile(r"[^\w@.+-]+")
_DOTS = re.compile(r"\.{2,}")


def file_name(*parts: str) -> str:
    """
    Return the name of a file made of these parts, blank ones left out: `claude-ann@example.com.json`.

    Letters, digits and `@._+-` stay, everything else becomes one `-`. A long name is cut, and told from others that
    begin alike by a digest.
    """
    stem = "-".join(filter(None, map(_plain, parts)))
    data = stem.encode()
    if len(data) > LONGEST:
        digest = hashlib.sha256(data).hexdigest()[:8]
        stem = f"{data[: LONGEST - 9].decode(errors='ignore')}-{digest}"
    return f"{stem}.json"


def _plain(part: str) -> str:
    text = _NOT_IN_NAMES.sub("-", unicodedata.normalize("NFC", part.strip()))
    return _DOTS.sub(".", text).strip("-.")
