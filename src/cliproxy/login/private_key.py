"""
The text of a private key, whatever became of it on the way -> the bytes of the key.

Keys are copied through terminals, editors and settings, and lose their line breaks, or gain colours. What stands
between the two PEM lines is base64 all the same, so that is all that is looked at.

Source: `reference` sheets `providers/vertex` section a, `cli` section 7.4 (read 2026-11-21).
"""

from __future__ import annotations

import base64
import binascii
import re

LONGEST = 64 * 1024  # characters; the largest keys have some 13000

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LABEL = re.compile(r"[A-Z0-9 ]{1,40}")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")


class WrongKey(Exception):  # noqa: N818 (what is wrong)
    """A text that is no usable key. The message says why, as what follows on "its private key", and shows nothing."""


def key_in(text: str) -> bytes:
    """Return the key that a text holds, as DER. Raises WrongKey."""
    if len(text) > LONGEST:
        raise WrongKey("is too long for a key")
    if not text.strip():
        raise WrongKey("is missing")
    text = _COLOURS.sub("", text).replace("\\r", "").replace("\\n", "\n")
    label, _, rest = text.partition("-----BEGIN ")[2].partition("-----")
    body, end, _ = rest.partition("-----END ")
    if not end or not _LABEL.fullmatch(label):
        raise WrongKey("has no BEGIN and END lines, or not both")
    if not label.endswith("PRIVATE KEY"):
        raise WrongKey(f"is a {label.lower()}: the private part is missing")
    if label.startswith("ENCRYPTED") or "ENCRYPTED" in body:
        raise WrongKey("is protected by a password; it must be stored without one")
    try:
        return base64.b64decode(_NOT_BASE64.sub("", body))
    except binascii.Error:
        raise WrongKey("cannot be read: a part of it is missing") from None
