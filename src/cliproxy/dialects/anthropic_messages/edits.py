"""
A relayed Messages request, edited at its top level: the model, whether it streams, how hard to reason; and without
its proofs, where an upstream refused one.

Source: `reference` sheets `translation` sections 6.4 and 11.3, `registry-and-thinking` B5, `real-clients` trap 23
(read 2026-11-21).
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Raw

from cliproxy.conversation import effort as efforts
from cliproxy.conversation.request import Effort, Level
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.thinking import LEAST_BUDGET, LEAST_TOP_P, THOUGHTS, fields_for, thinks
from cliproxy.dialects.base import Edits, edit_top_level, given
from cliproxy.wire.body import UNREADABLE, TopLevel, close_body, not_readable, open_body, put

_FORCED = ("any", "tool")

_decode_list = msgspec.json.Decoder(list[Raw]).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_message = msgspec.json.Decoder(schema.Message).decode
_decode_block = msgspec.json.Decoder(schema.Block).decode
_decode_thinking = msgspec.json.Decoder(schema.Thinking).decode
_encode = msgspec.json.Encoder().encode


class _Choice(msgspec.Struct):
    type: str = ""


class _Limits(msgspec.Struct):
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None


class _Budget(msgspec.Struct):
    type: Literal["enabled"]
    budget_tokens: int


class _Thinking(msgspec.Struct):
    max_tokens: int
    thinking: _Budget


_decode_choice = msgspec.json.Decoder(_Choice | str).decode
_decode_limits = msgspec.json.Decoder(_Limits).decode
_decode_budget = msgspec.json.Decoder(_Thinking).decode


def edit_request(body: bytes, edits: Edits) -> bytes:
    """
    Return the request with its top level edited, the rest as it came.

    Raises:
        RequestError: It cannot be read as far as it has to be edited.
    """
    if edits.effort is None and not edits.drop_proofs:
        return edit_top_level(body, edits)
    top = open_body(edit_top_level(body, edits))
    try:
        if edits.effort is not None:
            _put_effort(top, edits.effort)
        if edits.drop_proofs:
            _drop_proofs(top)
    except UNREADABLE as error:
        raise not_readable(error) from None
    return close_body(top)


def repair(body: bytes) -> bytes:
    """
    Return the request with a budget for thinking that leaves room under the limit, which Qwen Code's does not.

    Where there is none, or nothing is wrong, the bytes stay as they came.
    """
    if b'"budget_tokens"' not in body:
        return body
    try:
        asked = _decode_budget(body)
    except UNREADABLE:
        return body  # without one of the two; or the upstream tells what is wrong with it
    if asked.thinking.budget_tokens < asked.max_tokens or asked.max_tokens <= LEAST_BUDGET:
        return body
    top = open_body(body)
    put(top, "thinking", _decode_object(top["thinking"]) | {"budget_tokens": asked.max_tokens - 1})
    return close_body(top)


def _put_effort(top: TopLevel, effort: Effort) -> None:
    """Replace what the body says of the effort, and take out what is refused beside it."""
    if effort.level is None and effort.budget is None:
        return
    thinking = top.pop("thinking", Raw(b"null"))
    config = _decode_object(top.pop("output_config")) if given(top.get("output_config", Raw())) else {}
    config.pop("effort", None)
    off = efforts.level_of(effort) is Level.NONE
    if off or not _is_forced(top):
        limits = _decode_limits(close_body(top))
        display = _decode_thinking(thinking).display if given(thinking) else None
        fields = fields_for(_under(limits.max_tokens, effort), display)
        told = fields.get("output_config")
        config |= {name: Raw(_encode(word)) for name, word in told.items()} if isinstance(told, dict) else {}
        put(top, "thinking", fields["thinking"])
        if thinks(fields):
            _drop_sampling(top, limits)
    if config:
        put(top, "output_config", config)


def _is_forced(top: TopLevel) -> bool:
    if not given(top.get("tool_choice", Raw())):
        return False
    choice = _decode_choice(top["tool_choice"])
    return (choice if isinstance(choice, str) else choice.type) in _FORCED


def _under(limit: int | None, effort: Effort) -> Effort:
    """Return the effort with a budget that leaves room under the limit; none where there is no room."""
    if effort.budget is None or effort.budget < 0 or limit is None or effort.budget < limit:
        return effort
    if limit <= LEAST_BUDGET:
        return Effort(Level.NONE)
    return msgspec.structs.replace(effort, budget=limit - 1)


def _drop_sampling(top: TopLevel, limits: _Limits) -> None:
    top.pop("top_k", None)
    if limits.temperature != 1:
        top.pop("temperature", None)
    if limits.top_p is None or limits.top_p < LEAST_TOP_P:
        top.pop("top_p", None)


def _drop_proofs(top: TopLevel) -> None:
    """
    Take the thoughts out of the history, text and proof together: neither is taken without the other.

    Beside a budget, an open tool loop has to begin with its thoughts; without them this request goes on without
    thinking.
    """
    if not given(top.get("messages", Raw())):
        return
    messages = [(_decode_message(raw).role, _without_thoughts(raw)) for raw in _decode_list(top["messages"])]
    kept = [(role, raw) for role, raw in messages if raw is not None]
    put(top, "messages", [raw for _, raw in kept])
    thinking = top.get("thinking", Raw())
    if given(thinking) and _decode_thinking(thinking).type == "enabled" and _loops(kept):
        put(top, "thinking", {"type": "disabled"})


def _without_thoughts(raw: Raw) -> Raw | None:
    """Return a message without its thoughts; None where it was nothing else."""
    text = bytes(raw)
    if not any(word.encode() in text for word in THOUGHTS):
        return raw
    message = _decode_object(raw)
    content = message.get("content", Raw())
    if bytes(content)[:1] != b"[":
        return raw
    blocks = _decode_list(content)
    kept = [block for block in blocks if _kind(block) not in THOUGHTS]
    if len(kept) == len(blocks):
        return raw
    return Raw(_encode(message | {"content": kept})) if kept else None


def _loops(messages: list[tuple[str, Raw]]) -> bool:
    """Tell whether the conversation stands between a call and the answer to its result."""
    if not messages or messages[-1][0] != "user":
        return False
    content = _decode_message(messages[-1][1]).content
    return bytes(content)[:1] == b"[" and any(_kind(block) == "tool_result" for block in _decode_list(content))


def _kind(block: Raw) -> str:
    return _decode_block(block).type if bytes(block)[:1] == b"{" else ""
