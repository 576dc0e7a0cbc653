"""
Chat Completions requests as iFlow takes them.

Its models reason or do not: how hard cannot be said. Each family is switched in a way of its own.

    glm-…, and some of others   "chat_template_kwargs": {"enable_thinking": true, "clear_thinking": false}
    minimax-…                   "reasoning_split": true

Source: `reference` sheet `providers/iflow`, sections c and d (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.providers.base import Call
from cliproxy.wire.body import UNREADABLE, TopLevel, put

_SWITCHED = ("qwen3-max-preview", "deepseek-v3.1", "deepseek-v3.2")

_decode_text = msgspec.json.Decoder(str).decode
_decode_object = msgspec.json.Decoder(TopLevel).decode


def shaped(body: TopLevel, call: Call) -> None:
    """Edit a request into one that iFlow takes."""
    _leave_out_empty_tools(body)
    if "reasoning_effort" in body:
        _switch_reasoning(body, call)


def _leave_out_empty_tools(body: TopLevel) -> None:
    """Streams break on a list of tools that is empty."""
    if bytes(body.get("tools", b"")).strip(b"[] \t\r\n") == b"":
        body.pop("tools", None)


def _switch_reasoning(body: TopLevel, call: Call) -> None:
    """Say an effort as the model's family takes it; a client's own switch counts more."""
    try:
        effort = _decode_text(body["reasoning_effort"])
    except UNREADABLE:
        return
    model = call.model.lower()
    is_on = effort != "none"
    if model.startswith("glm") or model in _SWITCHED:
        _switch_template(body, is_on=is_on, is_glm=model.startswith("glm"))
    elif model.startswith("minimax"):
        if "reasoning_split" not in body:
            put(body, "reasoning_split", is_on)
    elif not call.info.known or call.info.thinking is not None:
        return
    elif is_on:
        call.losses.add("reasoning_effort")
    del body["reasoning_effort"]


def _switch_template(body: TopLevel, *, is_on: bool, is_glm: bool) -> None:
    try:
        settings = _decode_object(body.get("chat_template_kwargs", b"{}"))
    except UNREADABLE:
        settings = {}
    if "enable_thinking" not in settings:
        put(settings, "enable_thinking", is_on)
        if is_on and is_glm:
            put(settings, "clear_thinking", False)  # of the turns before
    put(body, "chat_template_kwargs", settings)
