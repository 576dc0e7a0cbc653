"""
Events, replies and items, read as far as they are what they should be.

Source: wire oddities, "Responses" (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.dialects.openai_responses import reply_schema, schema
from cliproxy.wire.body import UNREADABLE, mended

_decode_event = msgspec.json.Decoder(reply_schema.Event).decode
_decode_kind = msgspec.json.Decoder(reply_schema.Kind).decode
_decode_response = msgspec.json.Decoder(reply_schema.Response).decode
_decode_item = msgspec.json.Decoder(schema.Item).decode
_decode_fields = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode


def read_event(data: bytes) -> reply_schema.Event | None:
    """Return an event; of one whose fields are not as they should be, what matters of it."""
    try:
        return _decode_event(data)
    except msgspec.ValidationError:
        pass
    except UNREADABLE:
        data = mended(data)
        try:
            return _decode_event(data)
        except UNREADABLE:
            pass
    try:
        kind = _decode_kind(data)
    except UNREADABLE:
        return None
    return reply_schema.Event(kind.type, response=kind.response, error=kind.error)


def read_response(raw: Raw | bytes) -> reply_schema.Response | None:
    """Return a reply; one that is not as it should be is read field by field."""
    try:
        return _decode_response(raw)
    except UNREADABLE:
        pass
    try:
        fields = _decode_fields(raw)
    except UNREADABLE:
        return None
    response = reply_schema.Response()
    for name, value in fields.items():
        try:
            one = _decode_response(_encode({name: value}))
        except UNREADABLE:
            continue
        if name in response.__struct_fields__:
            setattr(response, name, getattr(one, name))
    return response


def read_item(raw: Raw) -> schema.Item | None:
    """Return an item, or None."""
    try:
        return _decode_item(raw)
    except UNREADABLE:
        return None
