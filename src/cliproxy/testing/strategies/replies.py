"""Replies, and the events that add up to them."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st  # deptry: ignore[DEP004] (asked for in the package's `__init__`)

from cliproxy.conversation.assemble import events_of
from cliproxy.conversation.events import (
    ReasoningDelta,
    ReplyEnd,
    ReplyStart,
    StreamEvent,
    TextDelta,
    ToolCallDelta,
    UsageUpdate,
)
from cliproxy.conversation.reply import Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Opaque, Part, Reasoning, Text, ToolCall
from cliproxy.conversation.words import Citation
from cliproxy.testing.strategies.words import names, objects, words

_FINISHES = (FinishReason.STOP, FinishReason.LENGTH, FinishReason.FILTERED)  # those that every dialect tells apart
_PROOFS = tuple(Opaque(dialect, "proof") for dialect in ("anthropic_messages", "gemini", "openai_responses"))


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    """Replies that every dialect can say: thoughts, then words, perhaps with their sources, then calls."""
    parts: list[Part] = []
    if draw(st.booleans()):
        parts.append(Reasoning(draw(words), draw(st.sampled_from((None, *_PROOFS)))))
    if draw(st.booleans()):
        text = draw(words)
        cited = (Citation("https://example.com/a", draw(words), start=0, end=len(text)),)
        parts.append(Text(text, citations=draw(st.sampled_from(((), cited)))))
    parts += [ToolCall(f"call_{place}", draw(names), draw(objects)) for place in range(draw(st.integers(0, 3)))]
    called = any(isinstance(part, ToolCall) for part in parts)
    reason = FinishReason.TOOL_CALL if called else draw(st.sampled_from(_FINISHES))
    cached, written, thought = (draw(st.integers(0, 50)) for _ in range(3))
    usage = Usage(
        cached + written + draw(st.integers(0, 500)), cached, written, thought + draw(st.integers(0, 500)), thought
    )
    return Reply(draw(names), draw(names), tuple(parts), Finish(reason), usage)


@st.composite
def event_sequences(draw: st.DrawFn) -> list[StreamEvent]:
    """A reply's events, its words in several deltas and its calls interleaved, as some upstreams send them."""
    reply = draw(replies())
    called: dict[int, list[StreamEvent]] = {}
    events: list[StreamEvent] = []
    for event in events_of(reply):
        index = getattr(event, "index", -1)
        if index >= 0 and isinstance(reply.parts[index], ToolCall):
            called.setdefault(index, []).extend(_halves(event))
        elif isinstance(event, (UsageUpdate, ReplyEnd)):
            while called:
                index = draw(st.sampled_from(sorted(called)))
                events.append(called[index].pop(0))
                if not called[index]:
                    del called[index]
            events.append(event)
        else:
            events.extend(_halves(event))
    return _numbered(events)


def _halves(event: StreamEvent) -> list[StreamEvent]:
    match event:
        case TextDelta(index, text) if len(text) > 1:
            return [TextDelta(index, text[: len(text) // 2]), TextDelta(index, text[len(text) // 2 :])]
        case ReasoningDelta(index, text) if len(text) > 1:
            return [ReasoningDelta(index, text[: len(text) // 2]), ReasoningDelta(index, text[len(text) // 2 :])]
        case ToolCallDelta(index, text) if len(text) > 1:
            return [ToolCallDelta(index, text[: len(text) // 2]), ToolCallDelta(index, text[len(text) // 2 :])]
        case _:
            return [event]


def _numbered(events: list[StreamEvent]) -> list[StreamEvent]:
    """Number the parts in the order they open."""
    numbers: dict[int, int] = {}
    numbered: list[StreamEvent] = []
    for event in events:
        if isinstance(event, (ReplyStart, UsageUpdate, ReplyEnd)):
            numbered.append(event)
        else:
            index = getattr(event, "index", 0)
            numbers.setdefault(index, len(numbers))
            numbered.append(msgspec.structs.replace(event, index=numbers[index]))
    return numbered
