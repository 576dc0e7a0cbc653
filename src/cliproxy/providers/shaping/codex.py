"""
Responses requests as Codex takes them.

It stores nothing, streams always, and refuses limits and sampling. What it refuses is left out, and said to be lost.

Source: `reference` sheets `providers/codex` section c, `dialects/codex` (read 2026-11-21).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import msgspec
from msgspec import Raw

from cliproxy.dialects.base import Operation
from cliproxy.providers.base import Call
from cliproxy.wire.body import UNREADABLE, TopLevel, put
from cliproxy.wire.http import Carrier

LONGEST_CALL_ID = 64  # characters
DEFAULT_EFFORT = "medium"
SESSION = "session"  # under which a call is told by what its cache is found

_GOES_ON = "previous_response_id"
_REFUSED = (
    "max_output_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "top_logprobs",
    "truncation",
    "user",
    "context_management",
    _GOES_ON,
    "prompt_cache_retention",
    "prompt_cache_options",
    "safety_identifier",
    "stream_options",
)
_TIERS = {b'"priority"': "priority", b'"fast"': "priority"}
_WEB_SEARCH = re.compile(r"web_search(?:_preview)?(?:_\d{4}_\d{2}_\d{2})?")
_LONG_CALL_ID = re.compile(rb'"call_id"\s*:\s*"[^"]{65}')
_TELLING = (b'"system"', b'"reasoning"', b"prompt_cache_breakpoint", b"web_search_", b'"$schema"')
_NO_VALUE = (b"null", b"")

_decode = msgspec.json.Decoder().decode
_decode_object = msgspec.json.Decoder(TopLevel).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_encode = msgspec.json.Encoder().encode


def restricted(body: TopLevel, call: Call) -> None:
    """Edit a Responses request into one that Codex takes."""
    if call.endpoint.operation is not Operation.GENERATE:
        body.pop("stream", None)
        return
    _find_cache(body, call)
    _leave_out_refused(body, call)
    _restrict_tier(body, call)
    put(body, "stream", True)
    _force(body, "store", False, call)
    _force(body, "include", ["reasoning.encrypted_content"], call)
    if call.is_native or bytes(body.get("parallel_tool_calls", b"")) != b"false":
        _force(body, "parallel_tool_calls", True, call)
    _restrict_input(body)
    if not call.is_native:
        _instruct_by_item(body)
        _default_reasoning(body)
    if bytes(body.get("instructions", b"")) in _NO_VALUE:
        put(body, "instructions", "")
    _edit_list(body, "tools", _known_tool)
    _edit_object(body, "tool_choice", _known_choice)


def _leave_out_refused(body: TopLevel, call: Call) -> None:
    over_socket = call.endpoint.carrier is Carrier.WEBSOCKET
    for name in _REFUSED:
        if name == _GOES_ON and over_socket:  # which knows what was said on it before
            continue
        if bytes(body.pop(name, b"")) not in _NO_VALUE:
            call.losses.add(name)


def _restrict_tier(body: TopLevel, call: Call) -> None:
    tier = bytes(body.pop("service_tier", b""))
    if tier in _TIERS:
        put(body, "service_tier", _TIERS[tier])
    elif tier not in (*_NO_VALUE, b'"auto"', b'"default"'):
        call.losses.add("service_tier")


def _force(body: TopLevel, name: str, value: object, call: Call) -> None:
    """Set what Codex wants; who asked for something else loses it."""
    asked = body.get(name)
    if asked is not None and bytes(asked) not in _NO_VALUE and not _says(asked, value):
        call.losses.add(name)
    put(body, name, value)


def _says(asked: Raw, value: object) -> bool:
    try:
        return bool(_decode(asked) == value)
    except UNREADABLE:  # a number that no float can hold
        return False


def _find_cache(body: TopLevel, call: Call) -> None:
    """
    Say by what the upstream is to find its cache: by what the client says, else by the conversation.

    Where nothing tells conversations apart it is the end user, in a digest. Who speaks Codex's own dialect says so
    himself. A header says it as well.
    """
    key = _text(body.get("prompt_cache_key"))
    if not key and not call.is_native:
        key = call.conversation or _digest_of_user(body, call.model)
        if key:
            put(body, "prompt_cache_key", key)
    if key:
        call.told[SESSION] = key


def _digest_of_user(body: TopLevel, model: str) -> str:
    user = _text(body.get("user")) or _text(body.get("safety_identifier"))
    return hashlib.sha256(f"{model}\0{user}".encode("utf-8", "replace")).hexdigest()[:32] if user else ""


def _restrict_input(body: TopLevel) -> None:
    text = _text(body.get("input"))
    if text or bytes(body.get("input", b"")) == b'""':
        put(body, "input", [_message("user", text)])
        return
    _edit_list(body, "input", _known_item)


def _known_item(item: TopLevel) -> TopLevel | None:
    """Return an item in Codex's words; None: it could not be read there."""
    kind = _text(item.get("type"))
    if kind == "reasoning" and not _text(item.get("encrypted_content")):
        return None  # nothing is stored, so its id alone stands for nothing
    if _text(item.get("role")) == "system":
        put(item, "role", "developer")
    if len(call_id := _text(item.get("call_id"))) > LONGEST_CALL_ID:
        put(item, "call_id", hashlib.sha256(call_id.encode("utf-8", "replace")).hexdigest())
    item.pop("prompt_cache_breakpoint", None)
    for name in ("content", "output"):
        _edit_list(item, name, _known_part)
    _edit_list(item, "tools", _known_tool)
    return item


def _known_part(part: TopLevel) -> TopLevel:
    part.pop("prompt_cache_breakpoint", None)
    return part


def _known_tool(tool: TopLevel) -> TopLevel:
    kind = _text(tool.get("type"))
    if _WEB_SEARCH.fullmatch(kind):
        put(tool, "type", "web_search")
    tool.pop("prompt_cache_breakpoint", None)
    _edit_object(tool, "parameters", _known_parameters)
    return tool


def _known_parameters(schema: TopLevel) -> None:
    schema.pop("$schema", None)


def _known_choice(choice: TopLevel) -> None:
    if _WEB_SEARCH.fullmatch(_text(choice.get("type"))):
        put(choice, "type", "web_search")
    _edit_list(choice, "tools", _known_tool)


def _instruct_by_item(body: TopLevel) -> None:
    """Say another dialect's instructions in a developer's message: the field is for Codex's own."""
    instructions = _text(body.get("instructions"))
    if instructions:
        items = _items(body.get("input"))
        body["input"] = Raw(_encode([_message("developer", instructions), *items]))
        put(body, "instructions", "")


def _default_reasoning(body: TopLevel) -> None:
    try:
        reasoning = _decode_object(body["reasoning"])
    except (*UNREADABLE, KeyError):
        reasoning = {}
    if bytes(reasoning.get("effort", b"")) in _NO_VALUE:
        put(reasoning, "effort", DEFAULT_EFFORT)
    if bytes(reasoning.get("summary", b"")) in _NO_VALUE:
        put(reasoning, "summary", "auto")
    body["reasoning"] = Raw(_encode(reasoning))


def _message(role: str, text: str) -> dict[str, object]:
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}


def _edit_list(holder: TopLevel, name: str, edit: Callable[[TopLevel], TopLevel | None]) -> None:
    """Edit the objects in a list, where one is there. What is no object stays, and so do bytes that need no edit."""
    value = holder.get(name)
    if value is None or bytes(value)[:1] != b"[":
        return
    words = _telling(value)
    if not words:
        return
    left: list[Raw | TopLevel] = []
    for item in _items(value):
        data = bytes(item)
        if data[:1] != b"{" or not any(word in data for word in words):
            left.append(item)
            continue
        edited = edit(_decode_object(item))
        if edited is not None:
            left.append(edited)
    holder[name] = Raw(_encode(left))


def _edit_object(holder: TopLevel, name: str, edit: Callable[[TopLevel], None]) -> None:
    value = holder.get(name)
    if value is not None and bytes(value)[:1] == b"{" and _telling(value):
        inner = _decode_object(value)
        edit(inner)
        holder[name] = Raw(_encode(inner))


def _telling(value: Raw) -> list[bytes]:
    """Return the words that occur in what may need an edit: most of a long conversation is passed over by them."""
    data = bytes(value)
    words = [word for word in _TELLING if word in data]
    return [*words, b'"call_id"'] if _LONG_CALL_ID.search(data) else words


def _items(value: Raw | None) -> list[Raw]:
    return _decode_list(value) if value is not None and bytes(value)[:1] == b"[" else []


def _text(value: Raw | None) -> str:
    """Return a value that is a string; of anything else nothing."""
    if not value or bytes(value)[:1] != b'"':
        return ""
    try:
        return str(_decode(value))
    except UNREADABLE:
        return ""
