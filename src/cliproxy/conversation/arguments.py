"""
A call's arguments as the object that some dialects demand.

Models break off in the middle, quote like Python, or answer with something else; the call is kept all the same.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

_decode = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode

EMPTY = Raw(b"{}")
LONGEST_MENDED = 100_000  # characters; the search for what was complete goes sign by sign


def object_of(arguments: str) -> tuple[Raw, bool]:
    """
    Return the arguments as a JSON object, and whether they said the same before.

    No text at all is an empty object; of a text cut short stays what was complete; single quotes are read. Anything
    else becomes an empty object.
    """
    text = arguments.strip()
    if not text:
        return EMPTY, True
    if text[:1] != "{":
        return EMPTY, False
    whole = _object(text)
    if whole is not None:
        return whole, True
    return _requoted(text) or _completed(text) or EMPTY, False


def is_whole(arguments: str) -> bool:
    """Tell whether the arguments are one complete JSON object."""
    return arguments.rstrip().endswith("}") and _object(arguments.strip()) is not None


def _object(text: str) -> Raw | None:
    try:
        fields = _decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return Raw(_encode(fields))


def _requoted(text: str) -> Raw | None:
    return _object(text.replace("'", '"')) if "'" in text and '"' not in text else None


def _completed(text: str) -> Raw | None:
    """Close a text cut short, after all of it or else after its last whole field."""
    if len(text) > LONGEST_MENDED:
        return None
    comma = depth = 0
    in_string = escaped = False
    for place, sign in enumerate(text):
        if in_string:
            in_string = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            in_string = True
        elif sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
        elif sign == "," and depth == 1:
            comma = place
    return _object(text + "}") or (_object(text[:comma] + "}") if comma else None)
