"""Calls in a reply, put as the client declared its tools."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cliproxy.conversation.declared import AsDeclared
from cliproxy.conversation.events import PartEnd, StreamEvent, TextDelta, TextStart, ToolCallDelta, ToolCallStart
from cliproxy.conversation.request import Tool

TOOLS = (Tool("Bash"), Tool("patch", free_text=True))


def seen(events: Sequence[StreamEvent], *, takes_free_text: bool = True) -> list[StreamEvent]:
    declared = AsDeclared(TOOLS, {"short": "Bash"}, takes_free_text=takes_free_text)
    return [out for event in events for out in declared.feed(event)]


@pytest.mark.parametrize("theirs", ["Bash", "short", "bash", "BASH"])
def test_a_name_comes_back_as_the_client_wrote_it(theirs: str) -> None:
    assert seen([ToolCallStart(0, "c1", theirs)]) == [ToolCallStart(0, "c1", "Bash")]


def test_a_tool_that_nobody_declared_keeps_its_name() -> None:
    assert seen([ToolCallStart(0, "c1", "other")]) == [ToolCallStart(0, "c1", "other")]


def test_a_function_that_stood_for_words_becomes_words_again() -> None:
    """However the JSON is cut; words around it go on meanwhile."""
    events: list[StreamEvent] = [
        ToolCallStart(0, "c1", "patch"),
        ToolCallDelta(0, '{"inp'),
        TextStart(1),
        ToolCallDelta(0, 'ut": "a\\nb"}'),
        TextDelta(1, "Hm"),
        PartEnd(0),
    ]

    assert seen(events) == [
        ToolCallStart(0, "c1", "patch", free_text=True),
        TextStart(1),
        TextDelta(1, "Hm"),
        ToolCallDelta(0, "a\nb"),
        PartEnd(0),
    ]


@pytest.mark.parametrize("name", ["Bash", "patch", "other"])
def test_a_client_without_such_tools_sees_functions_only(name: str) -> None:
    words: list[StreamEvent] = [ToolCallDelta(0, "a"), ToolCallDelta(0, "b")]
    events = [ToolCallStart(0, "c1", name, free_text=True), *words, PartEnd(0)]

    assert seen(events, takes_free_text=False) == [
        ToolCallStart(0, "c1", name),
        ToolCallDelta(0, '{"input":"ab"}'),
        PartEnd(0),
    ]


def test_a_call_without_an_id_gets_one() -> None:
    """The same to every encoder, so that what is kept of the call is found by it."""
    declared = AsDeclared(TOOLS, {}, takes_free_text=True, id_="x1")

    calls = [declared.feed(ToolCallStart(index, id_, "Bash"))[0] for index, id_ in enumerate(["", "own", ""])]

    assert [call.id for call in calls if isinstance(call, ToolCallStart)] == ["call_x1_0", "own", "call_x1_1"]


def test_words_for_a_tool_that_takes_words_flow_as_they_come() -> None:
    events: list[StreamEvent] = [ToolCallStart(0, "c1", "patch", free_text=True), ToolCallDelta(0, "a"), PartEnd(0)]

    assert seen(events) == events
