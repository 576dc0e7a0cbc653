"""
Codex's replies for clients that are no Codex: the last event says again what the reply is made of.

    {"type": "response.completed", "response": {..., "output": []}}    ->    {..., "output": [the items as they came]}

Source: `reference` sheet `dialects/codex` (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from cliproxy.wire.body import UNREADABLE, TopLevel

_DONE = b'"response.output_item.done"'
_ENDS = (b'"response.completed"', b'"response.incomplete"')
_NOTHING = (b"", b"[]", b"null")


class _ItemDone(Struct):
    """What of a finished item's event is looked at."""

    type: str = ""
    output_index: int = 0
    item: Raw = Raw(b"")


_decode_done = msgspec.json.Decoder(_ItemDone).decode
_decode = msgspec.json.Decoder(TopLevel).decode
_encode = msgspec.json.Encoder().encode


class Completion:
    """Reads the events of one reply, and fills in its last one."""

    def __init__(self) -> None:
        self._items: dict[int, bytes] = {}  # by their place

    def __call__(self, data: bytes) -> bytes:
        """Return the data of one event, in the last one with the items."""
        try:
            if _DONE in data:
                self._note(data)
            elif any(end in data for end in _ENDS):
                return self._completed(data)
        except UNREADABLE:
            pass  # whoever reads it next will say so
        return data

    def _note(self, data: bytes) -> None:
        event = _decode_done(data)
        if event.type == "response.output_item.done" and bytes(event.item)[:1] == b"{":
            self._items[event.output_index] = bytes(event.item)

    def _completed(self, data: bytes) -> bytes:
        event = _decode(data)
        if bytes(event.get("type", b"")) not in _ENDS or bytes(event.get("response", b""))[:1] != b"{":
            return data
        response = _decode(event["response"])
        if not self._items or bytes(response.get("output", b"")) not in _NOTHING:
            return data
        items = b",".join(self._items[place] for place in sorted(self._items))
        response["output"] = Raw(b"[%b]" % items)
        return _encode(event | {"response": Raw(_encode(response))})
