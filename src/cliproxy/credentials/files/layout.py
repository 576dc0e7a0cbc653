"""
A JSON object with some of its fields changed, and everything else as it was written.

Order, line breaks, indentation and the spelling of untouched values stay; only the names of fields are spelled anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Raw

_decode = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode
_FIRST_COLON = re.compile(rb'"(?:[^"\\]|\\.)*"\s*:(\s*)')


def changed(data: bytes, changes: Mapping[str, object]) -> bytes:
    """
    Return the object with these fields set, new ones at its end; `UNSET` takes a field out.

    `data` is a JSON object without doubt; a value may be a `Raw`.
    """
    body = data.strip()
    fields: dict[str, object] = {**_decode(body)}
    for name, value in changes.items():
        if value is UNSET:
            fields.pop(name, None)
        else:
            fields[name] = value
    return data.replace(body, _assembled(fields, body), 1)


def _assembled(fields: Mapping[str, object], like: bytes) -> bytes:
    inside = like[1:-1]
    stripped = inside.strip()
    before = inside[: len(inside) - len(inside.lstrip())] if stripped else b""
    after = inside[len(inside.rstrip()) :] if stripped else b""
    colon = _FIRST_COLON.match(stripped)
    space = colon[1] if colon else b""
    comma = b"," + (before if b"\n" in before else space)
    entries = [_encode(name) + b":" + space + _encode(value) for name, value in fields.items()]
    return b"{" + before + comma.join(entries) + after + b"}"
