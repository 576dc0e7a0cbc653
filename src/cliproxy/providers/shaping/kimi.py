"""
Chat Completions requests as Kimi takes them: models without their beginning, and turns with the reasoning in them.

Source: `reference` sheet `providers/kimi`, sections c and d (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.providers.base import Call
from cliproxy.providers.shaping.chat import ask_usage
from cliproxy.wire.body import UNREADABLE, TopLevel, put

PREFIX = "kimi-"  # of models' names, which this upstream's Chat Completions do not want
NO_REASONING = "[reasoning unavailable]"

_decode = msgspec.json.Decoder(list[TopLevel]).decode
_decode_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode


def shaped(body: TopLevel, call: Call) -> None:
    """Name the model and say the effort as it is done here, and give turns with calls the reasoning they must have."""
    put(body, "model", call.model.removeprefix(PREFIX))
    ask_usage(body, call)
    if "reasoning_effort" in body:
        _say_effort(body, call)
    if b'"tool_calls"' not in bytes(body.get("messages", b"")):
        return
    try:
        messages = _decode(body["messages"])
    except UNREADABLE:
        return
    _repair(messages)
    body["messages"] = Raw(_encode(messages))


def _say_effort(body: TopLevel, call: Call) -> None:
    """Say an effort in the field that is known for it, and not to reason in the other. One replaces the other."""
    is_off = _text(body["reasoning_effort"]) == "none"
    body.pop("thinking", None)
    if call.info.known and call.info.thinking is None:
        del body["reasoning_effort"]
        if not is_off:
            call.losses.add("reasoning_effort")
    elif is_off:
        del body["reasoning_effort"]
        put(body, "thinking", {"type": "disabled"})


def _repair(messages: list[TopLevel]) -> None:
    """
    Give every turn with calls a `reasoning_content`, and every result the id of its call.

    The reasoning is the latest before it, else the turn's own text. An id is clear where one call only waits for it.
    """
    reasoning, waiting = "", []
    for message in messages:
        reasoning = _text(message.get("reasoning_content")) or reasoning
        calls = _calls(message.get("tool_calls"))
        if calls:
            waiting = [id_ for call in calls if (id_ := _text(call.get("id")))]
            if not _text(message.get("reasoning_content")):
                put(message, "reasoning_content", reasoning or _text(message.get("content")) or NO_REASONING)
        elif _text(message.get("role")) == "tool":
            named = _text(message.get("tool_call_id")) or _text(message.pop("call_id", None))
            named = named or (waiting[0] if len(waiting) == 1 else "")
            if named:
                put(message, "tool_call_id", named)
                waiting = [id_ for id_ in waiting if id_ != named]


def _calls(value: Raw | None) -> list[TopLevel]:
    try:
        return _decode(value) if value else []
    except UNREADABLE:
        return []


def _text(value: Raw | None) -> str:
    try:
        return _decode_text(value) if value else ""
    except UNREADABLE:
        return ""
