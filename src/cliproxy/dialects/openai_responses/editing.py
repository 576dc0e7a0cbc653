"""
Edits for a relay: a few fields of the top level, and proofs that the upstream refused.

Source: `reference` sheets `openai-responses` section 7, `translation` sections 1.2, 6.4 and 11.3 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation import effort as efforts
from cliproxy.dialects.base import Edits, edit_top_level
from cliproxy.wire.body import UNREADABLE, TopLevel, close_body, open_body, put

_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode


def edit_request(body: bytes, edits: Edits) -> bytes:
    """Return the request with its top level edited, the rest as it came."""
    edited = edit_top_level(body, edits)
    level = efforts.level_of(edits.effort) if edits.effort is not None else None
    if level is None and not edits.drop_proofs:
        return edited
    top = open_body(edited)
    if level is not None:
        _put_effort(top, level.value)
    if edits.drop_proofs:
        _drop_proofs(top)
    return close_body(top)


def _put_effort(top: TopLevel, word: str) -> None:
    fields = _object(top.get("reasoning", Raw(b"{}")))
    put(top, "reasoning", fields | {"effort": word})


def _drop_proofs(top: TopLevel) -> None:
    """
    Take out reasoning items with a proof.

    The vendor finds what it led to by its id, and misses the reasoning then: the ids of what stays go with it.
    """
    if bytes(top.get("input", b""))[:1] != b"[" or b'"encrypted_content"' not in bytes(top["input"]):
        return
    items = _decode_list(top["input"])
    kept = [raw for raw in items if not _is_proved(_object(raw))]
    if len(kept) < len(items):
        put(top, "input", [_without_id(raw) for raw in kept])


def _is_proved(item: TopLevel) -> bool:
    return _word(item.get("type")) == "reasoning" and bytes(item.get("encrypted_content", b"null")) != b"null"


def _without_id(raw: Raw) -> Raw | TopLevel:
    if b'"id"' not in bytes(raw):
        return raw
    item = _object(raw)
    if _word(item.get("type")) not in ("message", "", "function_call", "custom_tool_call"):
        return raw
    return {name: value for name, value in item.items() if name != "id"}


def _object(raw: Raw) -> TopLevel:
    try:
        return _decode_object(raw)
    except UNREADABLE:
        return {}


def _word(raw: Raw | None) -> str:
    try:
        return _decode_text(raw) if raw is not None else ""
    except UNREADABLE:
        return ""
