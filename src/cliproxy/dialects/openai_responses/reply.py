"""
What whole Responses replies and streams share: why they ended, usage, and the fields that repeat the request's.

Source: `reference` sheets `openai-responses` section 5, `translation` sections 8 and 9 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.conversation.request import Tool
from cliproxy.dialects.base import ReplyContext, count_of, given
from cliproxy.dialects.openai_family import tier_of
from cliproxy.dialects.openai_responses import reply_schema, schema
from cliproxy.dialects.openai_responses.namespaces import split
from cliproxy.dialects.openai_responses.tools import declarations
from cliproxy.wire.body import UNREADABLE

INCOMPLETE_REASONS = {
    "max_output_tokens": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "length": FinishReason.LENGTH,
    "content_filter": FinishReason.FILTERED,
}
_REASONS = {  # why a reply is not whole, as this dialect says it
    FinishReason.LENGTH: "max_output_tokens",
    FinishReason.CONTEXT_FULL: "max_output_tokens",
    FinishReason.FILTERED: "content_filter",
}
_NEEDED: dict[str, object] = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}

_decode_echo = msgspec.json.Decoder(reply_schema.Echo).decode
_decode_request = msgspec.json.Decoder(schema.Request).decode


def usage_of(usage: reply_schema.Usage) -> Usage:
    """Return the tokens: this dialect counts cached ones inside the input and reasoning inside the output."""
    before, after = usage.input_tokens_details, usage.output_tokens_details
    return Usage(
        input_tokens=count_of(usage.input_tokens),
        cached_tokens=count_of(before.cached_tokens) if before else 0,
        cache_write_tokens=count_of(before.cache_write_tokens) if before else 0,
        output_tokens=count_of(usage.output_tokens),
        reasoning_tokens=count_of(after.reasoning_tokens) if after else 0,
    )


def usage_object(usage: Usage) -> dict[str, object]:
    """Return the tokens as this dialect writes them; clients fail where the details are missing."""
    before = {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens}
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": before,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def finish_of(response: reply_schema.Response, *, called: bool) -> Finish:
    """Return why the reply ended. A call makes it a tool call where the upstream says that it simply ended."""
    status = response.status or "completed"
    if status == "completed":
        return Finish(FinishReason.TOOL_CALL if called else FinishReason.STOP, status)
    reason = (response.incomplete_details.reason if response.incomplete_details else None) or status
    return Finish(INCOMPLETE_REASONS.get(reason, FinishReason.OTHER), reason)


def reason_of(finish: Finish) -> str | None:
    """Return why the reply is not whole; None where it is."""
    return _REASONS.get(finish.reason)


def frame_of(id_: str, service_tier: str, context: ReplyContext) -> dict[str, object]:
    """Return the fields of a reply that are the same from its first event to its last."""
    frame: dict[str, object] = {
        "id": id_ or f"resp_{context.id}",
        "object": "response",
        "created_at": int(context.now),
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "temperature": None,
        "top_p": None,
    }
    frame |= _NEEDED
    frame |= _echo(context.body)
    frame["model"] = context.head.model
    if tier := tier_of(service_tier):
        frame["service_tier"] = tier
    return frame


def _echo(body: bytes) -> dict[str, object]:
    if not body:
        return {}
    try:
        echo = _decode_echo(body)
    except UNREADABLE:
        return {}
    return {name: value for name in echo.__struct_fields__ if given(value := getattr(echo, name))}


def called_as(context: ReplyContext) -> Mapping[str, tuple[str, str]]:
    """Return the tools that have a namespace: name -> what they are called in it, and the namespace."""
    functions = context.request.functions if context.request is not None else ()
    spaces = {tool.name: tool.namespace for tool in functions if tool.namespace}
    if not spaces:
        return {}
    names = {name: (split(name, space), space) for name, space in spaces.items()}
    return names | _as_declared(context.body, spaces)


def _as_declared(body: bytes, spaces: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return how the request spells the names: some have the namespace in them already."""
    try:
        request = _decode_request(body)
        items = request.input if isinstance(request.input, list) else []
        found = list(declarations(request.tools or [], items))
    except UNREADABLE:
        return {}
    return {
        one.tool.name: (one.bare, one.tool.namespace)
        for one in found
        if isinstance(one.tool, Tool) and one.tool.namespace and one.tool.namespace == spaces.get(one.tool.name)
    }
