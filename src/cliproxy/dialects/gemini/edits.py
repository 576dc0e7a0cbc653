"""
Edits of a request that is relayed: how hard to reason, and proofs that an upstream refused.

Model and method stand in the path; only a count of tokens repeats the model in its body.

Source: `reference` sheets `dialects/gemini` sections 1, 2 and 7, `translation` sections 6.4 and 11.3 (read
2026-11-21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import Effort
from cliproxy.dialects.base import ABSENT, Edits, text_of
from cliproxy.dialects.gemini.generation import THINKING_FIELDS, thinking_config
from cliproxy.dialects.gemini.signatures import STAND_IN
from cliproxy.dialects.gemini.spelling import in_camel_case
from cliproxy.wire.body import UNREADABLE, TopLevel, close_body, not_readable, open_body, put

_COUNTED = ("generateContentRequest", "generate_content_request")
_SIGNATURES = ("thoughtSignature", "thought_signature")
_CALLS = ("functionCall", "function_call")
_NO_WORDS = {"thought", "text"}

_decode_object = msgspec.json.Decoder(TopLevel).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_encode = msgspec.json.Encoder().encode


def edit_request(body: bytes, edits: Edits) -> bytes:
    """Return the request, edited where it says something of what is to change, the rest as it came."""
    drops = edits.drop_proofs and any(name.encode() in body for name in _SIGNATURES + _CALLS)
    if edits.effort is None and not drops and b'"model"' not in body:
        return body
    top = open_body(body)
    try:
        return close_body(_edited(top, edits, drops=drops))
    except UNREADABLE as error:
        raise not_readable(error) from None


def _edited(top: TopLevel, edits: Edits, *, drops: bool) -> TopLevel:
    for name in _COUNTED:
        if _is_object(top.get(name)):
            put(top, name, _edited(_decode_object(top[name]), edits, drops=drops))
            return top
    if edits.model is not None and "model" in top:
        put(top, "model", f"models/{edits.model}")
    if edits.effort is not None:
        _put_effort(top, edits.effort)
    if drops and "contents" in top:
        top["contents"] = _each(top["contents"], _unsigned_content)
    return top


def _put_effort(top: TopLevel, effort: Effort) -> None:
    """Write the effort in place of what the body says; whether thoughts are shown stays the client's to say."""
    fields = thinking_config(effort)
    if fields is None:
        return
    name = _present(top, "generationConfig", "generation_config")
    config = _decode_object(top[name]) if _is_object(top.get(name)) else {}
    inner = _present(config, "thinkingConfig", "thinking_config")
    thinking = _decode_object(config[inner]) if _is_object(config.get(inner)) else {}
    kept = {field: value for field, value in thinking.items() if in_camel_case(field) not in THINKING_FIELDS}
    shown = next((value for field, value in thinking.items() if in_camel_case(field) == "includeThoughts"), None)
    if shown is not None and fields["includeThoughts"] is True:
        fields["includeThoughts"] = shown
    put(config, inner, kept | fields)
    put(top, name, config)


def _unsigned_content(raw: Raw) -> Raw | None:
    """Return a turn without its proofs; None where nothing is left of it."""
    content = _decode_object(raw)
    if text_of(content.get("role", ABSENT)) != "model" or "parts" not in content:
        return raw
    calls = count()
    content["parts"] = _each(content["parts"], lambda part: _unsigned_part(part, calls))
    return None if bytes(content["parts"]) == b"[]" else Raw(_encode(content))


def _unsigned_part(raw: Raw, calls: Iterator[int]) -> Raw | None:
    """
    Return a part without its proof; None where it was nothing but one.

    The first call of a content may not go without in the present turn, one that another vendor's model made neither;
    any call may have the value that Google takes in its place. `calls` numbers them.
    """
    part = _decode_object(raw)
    rest = {name: value for name, value in part.items() if name not in _SIGNATURES}
    if any(name in rest for name in _CALLS) and (next(calls) == 0 or len(rest) < len(part)):
        return Raw(_encode(rest | {"thoughtSignature": STAND_IN}))
    if len(rest) == len(part):
        return raw
    if rest.keys() <= _NO_WORDS and not text_of(rest.get("text", ABSENT)):
        return None
    return Raw(_encode(rest))


def _each(raw: Raw, edit: Callable[[Raw], Raw | None]) -> Raw:
    """Return a list with each of its objects edited; one object alone may stand without the list."""
    first = bytes(memoryview(raw)[:1])
    if first == b"{":
        edited = edit(raw)
        return Raw(b"[]") if edited is None else edited
    if first != b"[":
        return raw
    items = (edit(item) if _is_object(item) else item for item in _decode_list(raw))
    return Raw(_encode([item for item in items if item is not None]))


def _present(fields: TopLevel, *names: str) -> str:
    return next((name for name in names if name in fields), names[0])


def _is_object(raw: Raw | None) -> bool:
    return raw is not None and bytes(memoryview(raw)[:1]) == b"{"
