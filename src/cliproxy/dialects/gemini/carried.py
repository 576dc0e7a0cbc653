"""
Other vendors' proofs as signatures: in this API they are bytes, written in base64.

Google's SDK reads them as such and writes them anew, in the other alphabet. So a foreign proof gets a tag of letters
and digits in front, of a length that keeps the whole of it base64; the tag says whose it is, what it hangs on, whether
its thought was redacted, and which alphabet it was in. What is no base64 is put into it.

Source: google-genai 3 (`types.Part.thought_signature`), tried 2026-11-21.
"""

from __future__ import annotations

import base64
import binascii
import re

from cliproxy.conversation.request import Opaque
from cliproxy.dialects.gemini.schema import NAME

_MARK = "Cliproxy"
_TAG = re.compile(_MARK + r"([a-z0]+)([NTC])([SUW])([VH])X*9")
_PLACES = {"": "N", "text": "T", "call": "C"}
_PLACES_BACK = {letter: place for place, letter in _PLACES.items()}
_QUANTUM = 4  # characters of base64 that belong together
_TO_STANDARD = str.maketrans("-_", "+/")
_TO_SAFE = str.maketrans("+/", "-_")


def written(proof: Opaque, *, redacted: bool = False) -> str:
    """Return a proof as a signature: Google's own as it is, another's with its tag."""
    if proof.dialect == NAME and not redacted:
        return proof.value
    form, value = _in_base64(proof.value)
    head = _MARK + proof.dialect.replace("_", "0") + _PLACES.get(proof.on, "N") + form + ("H" if redacted else "V")
    return head + "X" * (-(len(head) + 1) % _QUANTUM) + "9" + value


def read(value: str, on: str = "") -> tuple[Opaque, bool]:
    """Return the proof that a signature is, and whether it was redacted. `on`: what Google's own hangs on."""
    tag = _TAG.match(value)
    if tag is None:
        return Opaque(NAME, value, on), False
    maker, place, form, shown = tag.groups()
    bare = value[tag.end() :]
    if form == "S":
        bare = bare.translate(_TO_STANDARD)
    elif form == "U":
        bare = bare.translate(_TO_SAFE)
    else:
        try:
            bare = base64.b64decode(bare.translate(_TO_STANDARD), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return Opaque(NAME, value, on), False
    return Opaque(maker.replace("0", "_"), bare, _PLACES_BACK[place]), shown == "H"


def _in_base64(value: str) -> tuple[str, str]:
    """Return how a value stands in base64, and how it is written then."""
    for form, plain in (("S", value), ("U", value.translate(_TO_STANDARD))):
        try:
            whole = base64.b64encode(base64.b64decode(plain, validate=True)).decode() == plain
        except (binascii.Error, ValueError):
            continue
        if whole and (form == "S" or not set("+/") & set(value)):
            return form, value
    return "W", base64.b64encode(value.encode("utf-8", "replace")).decode()
