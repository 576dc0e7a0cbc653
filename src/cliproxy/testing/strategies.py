"""
Generators for property tests: conversations, event sequences and chunkings.

They need `hypothesis`, which the package itself does not depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Raw

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
from cliproxy.conversation.request import (
    CacheMark,
    Conversation,
    Effort,
    Inline,
    Level,
    Link,
    Media,
    MediaKind,
    Message,
    Opaque,
    OutputKind,
    OutputShape,
    Part,
    Reasoning,
    Role,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)

try:
    from hypothesis import strategies as st  # deptry: ignore[DEP004] (asked for in the message below)
    from hypothesis.strategies import SearchStrategy  # deptry: ignore[DEP004] (the same)
except ImportError as error:
    raise ImportError("cliproxy.testing.strategies needs hypothesis: pip install hypothesis") from error

Chunking = Callable[[bytes], list[bytes]]

CHAT, MESSAGES = "openai_chat", "anthropic_messages"
_SCHEMA = Raw(b'{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}')
_FINISHES = (FinishReason.STOP, FinishReason.LENGTH, FinishReason.FILTERED)  # those that every dialect tells apart

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20).filter(
    lambda text: bool(text.strip())
)
names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_-]{0,20}", fullmatch=True)
objects = st.dictionaries(names, st.one_of(words, st.integers(-1000, 1000), st.booleans()), max_size=3).map(
    lambda fields: msgspec.json.encode(fields).decode()
)


def chunkings() -> SearchStrategy[Chunking]:
    """Ways to cut bytes into chunks: the sizes go round until nothing is left."""
    return st.lists(st.integers(1, 200), min_size=1, max_size=8).map(_cutting)


def _cutting(sizes: list[int]) -> Chunking:
    def cut(data: bytes) -> list[bytes]:
        chunks = []
        place = turn = 0
        while place < len(data):
            size = sizes[turn % len(sizes)]
            chunks.append(data[place : place + size])
            place += size
            turn += 1
        return chunks

    return cut


@st.composite
def conversations(draw: st.DrawFn, dialect: str) -> Conversation:
    """Conversations that a client of this dialect can have: every call answered, nothing the dialect cannot say."""
    tools = draw(st.lists(_tools(), max_size=3, unique_by=lambda tool: tool.name))
    messages: list[Message] = []
    for turn in range(draw(st.integers(1, 3))):
        messages.append(Message(Role.USER, tuple(draw(st.lists(_shown(), min_size=1, max_size=2)))))
        calls = draw(st.integers(0, 2)) if tools else 0
        spoken, answers = draw(_assistant(dialect, turn, calls, tools))
        if spoken:
            messages.append(Message(Role.ASSISTANT, tuple(spoken)))
        if answers:
            messages.append(Message(Role.USER, tuple(answers)))
            messages.append(Message(Role.ASSISTANT, (Text(draw(words)),)))
    messages.append(Message(Role.USER, (Text(draw(words)),)))
    choice = draw(st.one_of(st.none(), _choices(tools))) if tools else None
    forced = choice is not None and choice.mode in (ToolMode.REQUIRED, ToolMode.NAMED)
    return Conversation(
        origin=dialect,
        model=draw(words),
        instructions=tuple(draw(st.lists(_texts(), max_size=2))),
        messages=tuple(messages),
        tools=tuple(tools),
        tool_choice=choice,
        parallel_calls=None if choice is None or choice.mode is ToolMode.NONE else draw(st.sampled_from((None, True))),
        sampling=draw(_sampling(dialect)),
        effort=None if forced else draw(st.sampled_from((None, Effort(Level.LOW), Effort(Level.HIGH)))),
        output=draw(st.one_of(st.none(), _outputs(dialect))),
        user=draw(st.one_of(st.just(""), words)),
    )


def _marks() -> SearchStrategy[CacheMark | None]:
    return st.sampled_from((None, None, CacheMark(), CacheMark("1h")))


def _texts() -> SearchStrategy[Text]:
    return st.builds(Text, words, cache=_marks())


def _shown() -> SearchStrategy[Part]:
    linked = st.builds(Media, st.just(MediaKind.IMAGE), st.just(Link("https://example.com/a.png")), cache=_marks())
    inline = st.builds(Media, st.just(MediaKind.IMAGE), st.just(Inline("iVBORw0KGgo=")), st.just("image/png"))
    return st.one_of(_texts(), linked, inline)


def _tools() -> SearchStrategy[Tool]:
    return st.builds(
        Tool, names, words, st.just(_SCHEMA), st.sampled_from((None, True, False)), st.just({}), cache=_marks()
    )


def _choices(tools: Sequence[Tool]) -> SearchStrategy[ToolChoice]:
    named = st.sampled_from(tools).map(lambda tool: ToolChoice(ToolMode.NAMED, tool.name))
    return st.one_of(st.sampled_from((ToolMode.AUTO, ToolMode.NONE, ToolMode.REQUIRED)).map(ToolChoice), named)


@st.composite
def _assistant(
    draw: st.DrawFn, dialect: str, turn: int, calls: int, tools: Sequence[Tool]
) -> tuple[list[Part], list[Part]]:
    spoken: list[Part] = []
    if draw(st.booleans()):
        spoken.append(Reasoning(draw(words), Opaque(dialect, f"proof{turn}")))
    if draw(st.booleans()) or not calls:
        spoken.append(Text(draw(words)))
    answers: list[Part] = []
    for place in range(calls):
        id_ = f"call_{turn}_{place}"
        spoken.append(ToolCall(id_, draw(st.sampled_from(tools)).name, draw(objects)))
        is_error = dialect == MESSAGES and draw(st.booleans())
        content: tuple[Any, ...] = (Text(draw(words)),)
        if draw(st.booleans()):
            content += (Media(MediaKind.IMAGE, Inline("iVBORw0KGgo="), "image/png"),)
        answers.append(ToolResult(id_, content, is_error))
    return spoken, answers


@st.composite
def _sampling(draw: st.DrawFn, dialect: str) -> Sampling:
    rate = st.sampled_from((None, 0.25, 0.5, 1.0))
    is_chat = dialect == CHAT
    return Sampling(
        max_tokens=draw(st.integers(2000, 9000)),
        temperature=draw(rate),
        top_p=draw(rate),
        top_k=draw(st.sampled_from((None, 5, 40))),
        stop=tuple(draw(st.lists(words, max_size=4))),
        frequency_penalty=draw(rate) if is_chat else None,
        presence_penalty=draw(rate) if is_chat else None,
        seed=draw(st.sampled_from((None, 7))) if is_chat else None,
    )


def _outputs(dialect: str) -> SearchStrategy[OutputShape]:
    if dialect == MESSAGES:
        return st.just(OutputShape(OutputKind.JSON_SCHEMA, schema=_SCHEMA))
    shaped = st.builds(OutputShape, st.just(OutputKind.JSON_SCHEMA), names, words, st.just(_SCHEMA), st.booleans())
    return st.one_of(st.just(OutputShape(OutputKind.JSON)), shaped)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    """Replies that every dialect can say: thoughts, then words, then calls."""
    parts: list[Part] = []
    if draw(st.booleans()):
        parts.append(Reasoning(draw(words), draw(st.sampled_from((None, Opaque(MESSAGES, "proof"))))))
    if draw(st.booleans()):
        parts.append(Text(draw(words)))
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
