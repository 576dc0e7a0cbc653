"""
Searches for deferred tools that the client runs: for other vendors a function like any, called and answered.

The upstream's own, `execution: server`, stay what they are.

Source: `reference` sheet `real-clients` trap 8, recordings of openai with `execution: client` (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import Foreign, Text, Tool, ToolCall, ToolResult
from cliproxy.dialects.base import ABSENT, copied, given, text_of
from cliproxy.dialects.openai_responses.parts import NAME

SEARCH = "tool_search"  # what the tool is called, too
CALL = "tool_search_call"
FOUND = "tool_search_output"

_CLIENT = "client"

_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode


def is_the_clients(raw: Raw) -> bool:
    """Tell whether a tool or an item is of a search that the client runs."""
    return text_of(_decode_object(raw).get("execution", ABSENT)) == _CLIENT


def search_tool(raw: Raw) -> Tool:
    """Return the tool."""
    fields = _decode_object(raw)
    description, parameters = text_of(fields.get("description", ABSENT)), copied(fields.get("parameters", ABSENT))
    return Tool(SEARCH, description, parameters, native=raw.copy())


def search_call(call_id: str, raw: Raw) -> ToolCall:
    """Return a call of it."""
    fields = _decode_object(raw)
    extras = {"id": fields["id"].copy()} if given(fields.get("id", ABSENT)) else {}
    return ToolCall(call_id, SEARCH, text_of(fields.get("arguments", ABSENT)), extras=extras)


def call_item(id_: str, arguments: object, status: str) -> dict[str, object]:
    """Return the item that a call of it is."""
    return {"type": CALL, "call_id": id_, "arguments": arguments, "execution": _CLIENT, "status": status}


def search_result(call_id: str, raw: Raw, tools: tuple[str, ...]) -> ToolResult:
    """Return what it found, in words for others."""
    told = f"These tools can be used now: {', '.join(tools)}." if tools else "No tool was found."
    return ToolResult(call_id, (Foreign(NAME, FOUND, raw.copy(), (Text(told),), tools=tools),))
