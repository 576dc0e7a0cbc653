"""
What of a request can be compared: all of it within one dialect; between two, all that both have words for.

A difference between two dialects is right where a loss tells of it. Lossy by nature, and so never told (`reference`
sheet `translation`, sections 3 to 6): whether instructions stand in front or further down; where one turn is cut into
parts, and blank parts; a level of effort against its budget; whether thoughts are to be shown; ids of calls, as long
as they pair; how to call tools where there are none; and what every vendor does unasked (`_UNASKED`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msgspec import Raw, Struct

from cliproxy.conversation.effort import level_of
from cliproxy.conversation.request import (
    Conversation,
    Effort,
    Part,
    ServerTool,
    Text,
    Tool,
    ToolMode,
    ToolResult,
)
from cliproxy.conversation.turns import NOT_RUN, settled
from tests.proof.comparing import first_difference, is_told, plain, short
from tests.proof.said import all_parts, parts_lost, words_lost

_NOT_A_FIELD = {"origin", "model", "instructions", "messages", "tools", "extras"}
KEEPS_REPLIES = "openai_responses"  # the one vendor's dialect where that must be forbidden
_UNASKED: Mapping[str, tuple[object, ...]] = {  # field -> what it may say that goes without saying
    "mode": (ToolMode.AUTO,),
    "candidates": (1,),
    "modalities": (("text",),),
    "parallel_calls": (True,),
    "service_tier": ("auto", "default", "standard_only"),
    "strict": (False,),
    "top_p": (1.0,),
    "frequency_penalty": (0.0,),
    "presence_penalty": (0.0,),
}
_CALLED = {  # field -> how a loss may name it, where its own name is not in it
    "max_tokens": r"max",
    "candidates": r"candidate|\bn\b",
    "logprobs": r"logprob",
    "top_logprobs": r"logprob",
    "parallel_calls": r"parallel",
    "effort": r"effort|reasoning|thinking",
    "kind": r"format|output|schema|json|mime",
    "schema": r"format|output|schema",
    "strict": r"strict",
    "mode": r"choice|tool",
    "tool_choice": r"choice|tool",
    "output": r"format|output|schema|json",
    "speech": r"voice|audio|speech",
    "picture": r"image|picture",
    "allowed": r"allowed|choice",
    "user": r"user|safety_identifier|label",
    "metadata": r"metadata|label",
    "service_tier": r"tier|speed",
    "cache_key": r"cache",
    "modalities": r"modalit",
    "store": r"store",
    "voice": r"voice|audio|speech",
    "format": r"audio|speech|format",
    "aspect_ratio": r"image|picture|aspect",
    "size": r"image|picture|size",
}


def kept(before: Conversation, after: Conversation, losses: Collection[str]) -> Iterator[str]:
    """Give out what a dialect did not say again of its own request."""
    _, unmatched = settled(before.messages)
    yield from (f"a loss at home: {loss}" for loss in losses if not any(call in loss for call in unmatched))
    left, right = _evened(before), _evened(after)
    for name in left:
        if left[name] != right[name]:
            yield f"{name}: {first_difference(left[name], right[name])}"


def _evened(conversation: Conversation) -> dict[str, Any]:
    """Return a conversation as JSON, its turns settled and joined where they follow on each other."""
    fields = {name: plain(getattr(conversation, name)) for name in conversation.__struct_fields__}
    turns: list[Any] = []
    for message in settled(conversation.messages)[0]:
        parts = [plain(_as_sent(part)) for part in message.parts if not isinstance(part, Text) or part.text.strip()]
        if turns and turns[-1]["role"] == message.role.value:
            turns[-1]["parts"] += parts
        elif parts:
            turns.append({"role": message.role.value, "parts": parts, "extras": plain(message.extras)})
    fields["messages"] = turns
    if not conversation.tools:
        fields |= {"tool_choice": None, "parallel_calls": None}
    return fields


def _as_sent(part: Part) -> Part:
    """Return a part as a client can send it: what settling adds is marked as an error, which not all can say."""
    if isinstance(part, ToolResult) and part.content == (Text(NOT_RUN),):
        return ToolResult(part.call_id, part.content)
    return part


def lost(before: Conversation, after: Conversation, losses: Collection[str], names: Mapping[str, str]) -> Iterator[str]:
    """
    Give out what another dialect does not say, and nobody told.

    Args:
        before: What was asked.
        after: What the other dialect reads of it.
        losses: What was told.
        names: Tools renamed for the other dialect: theirs -> the client's.
    """
    yield from _frame(before, after, losses)
    yield from words_lost(before, after, losses)
    yield from _tools(before, after, losses, names)
    yield from parts_lost(before, after, losses, names)
    for name in _extras(before):
        if not any(name in loss for loss in losses):
            yield f"extras: {name} is gone"


def _frame(before: Conversation, after: Conversation, losses: Collection[str]) -> Iterator[str]:
    """Compare what frames the words: each field that was said is said again, or told of."""
    silent = {"tool_choice", "parallel_calls"} if not before.tools else set()
    silent |= {"store"} if before.store is False and after.origin != KEEPS_REPLIES else set()
    if before.tool_choice is not None and {tool.name for tool in after.functions} <= set(before.tool_choice.allowed):
        silent.add("tool_choice")  # said by leaving the other tools out
    for name in sorted(set(before.__struct_fields__) - _NOT_A_FIELD - silent):
        yield from _field(name, getattr(before, name), getattr(after, name), losses)


def _field(name: str, before: Any, after: Any, losses: Collection[str]) -> Iterator[str]:
    if isinstance(before, Effort):
        if level_of(before) not in (None, None if after is None else level_of(after)) and not is_told(
            _CALLED["effort"], losses
        ):
            yield f"effort: {before} became {after}"
    elif isinstance(before, Struct):
        if after is None and is_told(_CALLED.get(name, re.escape(name)), losses):
            return
        for inner in before.__struct_fields__:
            yield from _field(inner, getattr(before, inner), getattr(after, inner, None), losses)
    elif (
        before not in (None, "", (), {})
        and before not in _UNASKED.get(name, ())
        and plain(before) != plain(after)
        and not is_told(_CALLED.get(name, re.escape(name)), losses)
    ):
        yield f"{name}: {short(before)} became {short(after)}"


def _tools(
    before: Conversation, after: Conversation, losses: Collection[str], names: Mapping[str, str]
) -> Iterator[str]:
    there = {names.get(tool.name, tool.name): tool for tool in after.functions}
    allowed = before.tool_choice.allowed if before.tool_choice is not None else ()
    for tool in before.functions:
        again = there.get(tool.name)
        if again is None and allowed and tool.name not in allowed:
            continue
        if again is None:
            if not is_told(rf"tool.*(?:{re.escape(tool.name)}|native|type)", losses):
                yield f"tools: {tool.name} is gone"
            continue
        yield from _tool(tool, again, losses)
    kinds = [tool.kind for tool in after.tools if isinstance(tool, ServerTool)]
    for other in before.tools:
        if isinstance(other, ServerTool) and other.kind not in kinds and not is_told(r"tool", losses):
            yield f"tools: the upstream's {other.kind.value} is gone"


def _tool(before: Tool, after: Tool, losses: Collection[str]) -> Iterator[str]:
    if before.description.strip() not in after.description:
        yield f"tools: the description of {before.name} is gone"
    if _properties(before.input_schema) != _properties(after.input_schema) and before.native is None:
        yield f"tools: the schema of {before.name} says {short(_properties(after.input_schema))}"
    for name in ("strict", "cache"):
        said = getattr(before, name)
        if said not in (None, *_UNASKED.get(name, ()), getattr(after, name)) and not is_told(rf"{name}", losses):
            yield f"tools: {name} {short(said)} became {short(getattr(after, name))}"


def _properties(schema: Raw | None) -> list[str]:
    """Return the names of a schema's properties, which no cleaning touches."""
    read = plain(schema)
    return sorted(read.get("properties") or {}) if isinstance(read, dict) else []


def _extras(conversation: Conversation) -> Iterator[str]:
    """Give out the names of all fields that the conversation model does not know, but for ids of parts."""
    holders: list[Any] = [conversation, *conversation.instructions, *conversation.tools, *conversation.messages]
    holders += all_parts(conversation)
    for holder in holders:
        yield from (name for name in getattr(holder, "extras", ()) if name != "id" or holder is conversation)
