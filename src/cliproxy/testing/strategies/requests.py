"""Conversations as real clients have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st  # deptry: ignore[DEP004] (asked for in the package's `__init__`)
from hypothesis.strategies import SearchStrategy  # deptry: ignore[DEP004] (the same)
from msgspec import Raw

from cliproxy.conversation.request import (
    CacheMark,
    Conversation,
    Effort,
    Level,
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
from cliproxy.testing.strategies.abilities import ABILITIES, Ability
from cliproxy.testing.strategies.words import names, objects, words

_SCHEMA = Raw(b'{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}')
_rates = st.sampled_from((0.25, 0.5, 1.0))
_SAMPLED: Mapping[str, SearchStrategy[Any]] = {
    "temperature": _rates,
    "top_p": _rates,
    "top_k": st.sampled_from((5, 40)),
    "frequency_penalty": _rates,
    "presence_penalty": _rates,
    "seed": st.just(7),
    "candidates": st.sampled_from((2, 3)),
}


@st.composite
def conversations(draw: st.DrawFn, dialect: str) -> Conversation:
    """Conversations that a client of this dialect can have: every call answered, nothing the dialect cannot say."""
    can = ABILITIES[dialect]
    if not can.has_tools:
        return draw(_prompts(dialect, can))
    tools = draw(st.lists(_tools(can), max_size=3, unique_by=lambda tool: tool.name))
    messages: list[Message] = []
    for turn in range(draw(st.integers(1, 3))):
        messages.append(Message(Role.USER, tuple(draw(st.lists(_shown(can), min_size=1, max_size=2)))))
        calls = draw(st.integers(0, 2)) if tools else 0
        spoken, answers = draw(_assistant(dialect, can, turn, calls, tools))
        if spoken:
            messages.append(Message(Role.ASSISTANT, tuple(spoken)))
        if answers:
            messages.append(Message(Role.USER, tuple(answers)))
            messages.append(Message(Role.ASSISTANT, (Text(draw(words)),)))
    messages.append(Message(Role.USER, (Text(draw(words)),)))
    choice = draw(st.one_of(st.none(), _choices(tools))) if tools else None
    forced = choice is not None and choice.mode in (ToolMode.REQUIRED, ToolMode.NAMED)
    side_by_side = choice is not None and choice.mode is not ToolMode.NONE and can.one_at_a_time
    shows = can.shows_thoughts
    efforts = (None, Effort(Level.LOW, visible=shows), Effort(Level.HIGH, visible=shows))
    return Conversation(
        origin=dialect,
        model=draw(words),
        instructions=tuple(draw(st.lists(_texts(can), max_size=2))),
        messages=tuple(messages),
        tools=tuple(tools),
        tool_choice=choice,
        parallel_calls=draw(st.sampled_from((None, True))) if side_by_side else None,
        sampling=draw(_sampling(can)),
        effort=None if forced or not can.effort else draw(st.sampled_from(efforts)),
        output=draw(_outputs(can)),
        **draw(_notes(can)),
    )


@st.composite
def untidy_conversations(draw: st.DrawFn, dialect: str) -> Conversation:
    """Conversations whose calls and results do not pair: some are lost, repeated, without an id, or late."""
    conversation = draw(conversations(dialect))
    messages: list[Message] = []
    late: list[Part] = []
    for message in conversation.messages:
        parts: list[Part] = []
        for part in message.parts:
            if isinstance(part, (ToolCall, ToolResult)):
                _disturb(part, draw(st.sampled_from(_DISTURBANCES)), parts, late)
            else:
                parts.append(part)
        messages.append(msgspec.structs.replace(message, parts=tuple(parts)))
    if late:
        messages.append(Message(Role.USER, tuple(late)))
    return msgspec.structs.replace(conversation, messages=tuple(messages))


_DISTURBANCES = ("none", "none", "none", "lost", "repeated", "nameless", "late")


def _disturb(part: ToolCall | ToolResult, how: str, parts: list[Part], late: list[Part]) -> None:
    """Add a call or a result the way something went wrong with it."""
    if how == "lost":
        return
    if how == "late" and isinstance(part, ToolResult):
        late.append(part)
        return
    if how == "nameless":
        blank = {"id": ""} if isinstance(part, ToolCall) else {"call_id": ""}
        part = msgspec.structs.replace(part, **blank)
    parts.extend([part, part] if how == "repeated" else [part])


@st.composite
def _prompts(draw: st.DrawFn, dialect: str, can: Ability) -> Conversation:
    """Return one prompt, where that is all there is."""
    said = (Message(Role.USER, (Text(draw(words)),)),)
    return Conversation(
        origin=dialect, model=draw(words), messages=said, sampling=draw(_sampling(can)), **draw(_notes(can))
    )


def _marks(can: Ability) -> SearchStrategy[CacheMark | None]:
    return st.sampled_from((None, None, CacheMark(), CacheMark("1h"))) if can.marks else st.none()


def _texts(can: Ability) -> SearchStrategy[Text]:
    return st.builds(Text, words, cache=_marks(can))


def _shown(can: Ability) -> SearchStrategy[Part]:
    return st.one_of(_texts(can), st.sampled_from(can.media)) if can.media else _texts(can)


def _tools(can: Ability) -> SearchStrategy[Tool]:
    functions = st.builds(
        Tool, names, words, st.just(_SCHEMA), st.sampled_from(can.strict), st.just({}), cache=_marks(can)
    )
    if not can.free_text:
        return functions
    return st.one_of(functions, st.builds(Tool, names, words, free_text=st.just(True)))


def _choices(tools: Sequence[Tool]) -> SearchStrategy[ToolChoice]:
    named = st.sampled_from(tools).map(lambda tool: ToolChoice(ToolMode.NAMED, tool.name))
    return st.one_of(st.sampled_from((ToolMode.AUTO, ToolMode.NONE, ToolMode.REQUIRED)).map(ToolChoice), named)


@st.composite
def _assistant(
    draw: st.DrawFn, dialect: str, can: Ability, turn: int, calls: int, tools: Sequence[Tool]
) -> tuple[list[Part], list[Part]]:
    spoken: list[Part] = []
    if draw(st.booleans()):
        spoken.append(Reasoning(draw(words), Opaque(dialect, f"proof{turn}") if can.proofs else None))
    if draw(st.booleans()) or not calls:
        spoken.append(Text(draw(words)))
    answers: list[Part] = []
    for place in range(calls):
        id_, tool = f"call_{turn}_{place}", draw(st.sampled_from(tools))
        spoken.append(ToolCall(id_, tool.name, draw(words if tool.free_text else objects), free_text=tool.free_text))
        content: tuple[Any, ...] = (Text(draw(words)),)
        if can.shown and not tool.free_text and draw(st.booleans()):
            content += (draw(st.sampled_from(can.shown)),)
        answers.append(ToolResult(id_, content, can.errors and draw(st.booleans())))
    return spoken, answers


@st.composite
def _sampling(draw: st.DrawFn, can: Ability) -> Sampling:
    drawn: dict[str, Any] = {
        name: draw(st.one_of(st.none(), values)) for name, values in _SAMPLED.items() if name in can.sampling
    }
    if "stop" in can.sampling:
        drawn["stop"] = tuple(draw(st.lists(words, max_size=4)))
    if "logprobs" in can.sampling and draw(st.booleans()):
        drawn |= {"logprobs": True, "top_logprobs": draw(st.sampled_from((None, 3)))}
    return Sampling(max_tokens=draw(st.integers(2000, 9000)), **drawn)


def _outputs(can: Ability) -> SearchStrategy[OutputShape | None]:
    shapes: list[SearchStrategy[OutputShape | None]] = [st.none()]
    if OutputKind.JSON in can.outputs:
        shapes.append(st.just(OutputShape(OutputKind.JSON)))
    if OutputKind.JSON_SCHEMA in can.outputs:
        schema = st.just(OutputKind.JSON_SCHEMA)
        if can.named_output:
            shapes.append(st.builds(OutputShape, schema, names, words, st.just(_SCHEMA), st.booleans()))
        else:
            shapes.append(st.just(OutputShape(OutputKind.JSON_SCHEMA, schema=_SCHEMA)))
    return st.one_of(shapes)


@st.composite
def _notes(draw: st.DrawFn, can: Ability) -> dict[str, Any]:
    """Return what frames a request beside its words."""
    drawn: dict[str, Any] = {}
    for name in can.notes:
        values = st.sampled_from(("low", "high")) if name == "verbosity" else names
        drawn[name] = draw(st.one_of(st.just(""), values))
    if can.tiers:
        drawn["service_tier"] = draw(st.sampled_from(("", *can.tiers)))
    if can.metadata:
        drawn["metadata"] = draw(st.dictionaries(names, words, max_size=2))
    return drawn
