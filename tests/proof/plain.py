"""
A plain reading of what an upstream sent: its words and the names it called, by nobody's codec.

It knows each dialect's few places for words and nothing of its oddities, so that a decoder which says something twice,
or not at all, is found out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from cliproxy.wire.frames import Frame
from tests.proof.exchanges import Exchange

Json = dict[str, Any]


class Reading(NamedTuple):
    """What the first candidate says."""

    words: str
    calls: list[str]


def read(exchange: Exchange) -> Reading:
    """Return what a recorded answer, that is no refusal, says."""
    said = list(_READERS[exchange.dialect](list(_payloads(exchange.frames()))))
    return Reading(
        "".join(text for kind, text in said if kind == "text"), [name for kind, name in said if kind == "call"]
    )


def _payloads(frames: Sequence[Frame]) -> Iterator[Json]:
    for frame in frames:
        try:
            value = msgspec.json.decode(frame.data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if isinstance(value, dict):
            yield value


def _chat(chunks: Sequence[Json]) -> Iterator[tuple[str, str]]:
    first, second = ("message", "delta") if len(chunks) == 1 else ("delta", "message")  # there are choices with both
    for choice in _first_choices(chunks):
        message = choice.get(first) or choice.get(second) or {}
        yield from (("text", text) for text in _texts(message.get("content")))
        yield "text", message.get("refusal") or ""
        yield "text", (message.get("audio") or {}).get("transcript") or ""
        for call in message.get("tool_calls") or ():
            yield from _named(call.get("function") or call.get("custom") or {})
        yield from _named(message.get("function_call") or {})


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from (str(part.get("text")) for part in content if part.get("type") == "text")


def _named(called: Json) -> Iterator[tuple[str, str]]:
    if called.get("name"):
        yield "call", called["name"]


def _completions(chunks: Sequence[Json]) -> Iterator[tuple[str, str]]:
    for choice in _first_choices(chunks):
        yield "text", choice.get("text") or ""


def _first_choices(chunks: Sequence[Json]) -> Iterator[Json]:
    for chunk in chunks:
        yield from (choice for choice in chunk.get("choices") or () if not choice.get("index"))


def _messages(events: Sequence[Json]) -> Iterator[tuple[str, str]]:
    for event in events:
        for block in [*(event.get("content") or ()), event.get("content_block") or {}, event.get("delta") or {}]:
            if block.get("type") in ("text", "text_delta"):
                yield "text", block["text"]
            elif block.get("type") == "tool_use":
                yield "call", block["name"]


def _responses(events: Sequence[Json]) -> Iterator[tuple[str, str]]:
    whole = next((event for event in events if event.get("object") == "response"), None)
    done: list[Json] = []
    for event in events:
        if event.get("type") == "response.output_item.done":
            done.append(event["item"])
        elif event.get("type") in ("response.completed", "response.incomplete", "response.failed"):
            break  # what is recorded after it is another reply
    for item in done if whole is None else whole["output"]:
        if item["type"] == "message":
            yield from (("text", part.get("text") or part.get("refusal") or "") for part in item["content"])
        elif item["type"] in ("function_call", "custom_tool_call"):
            yield "call", item["name"]


def _gemini(chunks: Sequence[Json]) -> Iterator[tuple[str, str]]:
    for chunk in chunks:
        for candidate in chunk.get("candidates") or ():
            for part in (candidate.get("content") or {}).get("parts") or () if not candidate.get("index") else ():
                if not part.get("thought"):
                    yield "text", part.get("text") or ""
                yield from _named(part.get("functionCall") or {})


_READERS = {
    "openai_chat": _chat,
    "openai_responses": _responses,
    "anthropic_messages": _messages,
    "gemini": _gemini,
    "openai_completions": _completions,
}
