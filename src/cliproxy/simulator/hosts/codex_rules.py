"""
What Codex refuses of a Responses request, each in a sentence.

Source: sheet `dialects/codex`, refusals as quoted in public issues of its command line (read 2026-11-21).
"""

from collections.abc import Iterator
from typing import Any

from cliproxy.simulator.answer import JsonObject
from cliproxy.simulator.loose import mapping, mappings, string
from cliproxy.simulator.vendor import Refused

NAMES = (
    "max_output_tokens max_completion_tokens temperature top_p truncation user context_management previous_response_id"
    " prompt_cache_retention prompt_cache_options safety_identifier stream_options"
)
UNSUPPORTED = tuple(NAMES.split())
LONGEST = 64  # characters, of names and of the ids of calls


def check(body: JsonObject) -> None:
    """Raise Refused where Codex would not take a request."""
    for field in UNSUPPORTED:
        if field in body:
            raise Refused(f"Unsupported parameter: {field}")
    if not isinstance(body.get("instructions"), str):
        raise Refused("Instructions are required")
    if body.get("store") is not False:
        raise Refused("Store must be set to false")
    if body.get("stream") is not True:
        raise Refused("Stream must be set to true")
    if body.get("service_tier") not in (None, "priority"):
        raise Refused(f"Unsupported service_tier: {body['service_tier']}")
    check_compact(body)
    for index, tool in enumerate(mappings(body.get("tools"))):
        _check_tool(f"tools[{index}]", tool)
    _check_tool("tool_choice", mapping(body.get("tool_choice")))
    for index, tool in enumerate(mappings(mapping(body.get("tool_choice")).get("tools"))):
        _check_tool(f"tool_choice.tools[{index}]", tool)


def check_compact(body: JsonObject) -> None:
    """Raise Refused where Codex would not take a conversation, to go on with it or to shorten it."""
    if not isinstance(body.get("input"), list):
        raise Refused("Input must be a list")
    for index, item in enumerate(mappings(body["input"])):
        if item.get("role") == "system":
            raise Refused("System messages are not allowed")
        for field in ("name", "call_id"):
            _check_length(f"input[{index}].{field}", string(item.get(field)))
    if "prompt_cache_breakpoint" in _fields_in(body["input"]):
        raise Refused("Unsupported parameter: prompt_cache_breakpoint")


def _check_tool(where: str, tool: JsonObject) -> None:
    if string(tool.get("type")).startswith("web_search_preview"):
        raise Refused(f"Unsupported tool type: {tool['type']}")
    _check_length(f"{where}.name", string(tool.get("name")))


def _check_length(where: str, text: str) -> None:
    if len(text) > LONGEST:
        raise Refused(
            f"Invalid '{where}': string too long. Expected a string with maximum length {LONGEST}, but got a string"
            f" with length {len(text)} instead."
        )


def _fields_in(value: Any) -> Iterator[str]:
    """Yield the names of the fields of messages and of their parts."""
    for item in mappings(value):
        yield from item
        yield from _fields_in(item.get("content"))
        yield from _fields_in(item.get("output"))
