"""Content blocks, in every shape that clients send."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.conversation.request import CacheMark, Foreign, Media, Part, Text, ToolCall, ToolResult
from tests.unit.dialects.anthropic_messages.home import abroad, decoded, encoded, written_at_home
from tests.unit.dialects.translating import Body, to_chat

CALL: Body = {"type": "tool_use", "id": "a", "name": "f", "input": {}}


def part(block: Any, role: str = "user") -> Part:
    return decoded(messages=[{"role": role, "content": [block]}]).messages[0].parts[0]


def result(content: Any) -> tuple[Part, ...]:
    read = part({"type": "tool_result", "tool_use_id": "a", "content": content})
    assert isinstance(read, ToolResult)
    return read.content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, ("",)),
        ("x", ("x",)),
        (["x", "y"], ("x", "y")),
        ([{"type": "text", "text": "x"}], ("x",)),
        ({"type": "text", "text": "x"}, ("x",)),
        ({"ok": True}, ('{"ok": true}',)),
        (7, ("7",)),
    ],
)
def test_a_result_is_read_in_every_shape(content: object, said: tuple[str, ...]) -> None:
    """Agents send whatever their tool gave."""
    assert tuple(one.text for one in result(content) if isinstance(one, Text)) == said


def test_a_block_of_a_kind_to_come_is_kept_whatever_its_fields_hold() -> None:
    later = {"type": "later", "text": {"words": "x"}}
    turns = [{"role": "user", "content": [later]}]

    assert part(later).__class__ is Foreign
    assert written_at_home(messages=turns)["messages"] == turns


def test_a_call_s_input_may_be_json_in_a_string() -> None:
    call = part(CALL | {"input": '{"x":1}', "unknown": 1}, "assistant")

    assert isinstance(call, ToolCall)
    assert call.arguments == '{"x":1}'


@pytest.mark.parametrize(
    ("block", "loss"),
    [
        ({"type": "text", "text": "x", "later": 1}, "messages[0].content.later"),
        (
            {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "scope": "global"}},
            "messages[0].content.cache_control.scope",
        ),
        (
            {"type": "image", "source": {"type": "url", "url": "https://x/y.png", "later": 1}},
            "messages[0].content.source.later",
        ),
        (
            {
                "type": "document",
                "source": {"type": "url", "url": "https://x/y.pdf"},
                "context": "c",
                "citations": {"enabled": True},
            },
            "messages[0].content.context",
        ),
        (
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "words"},
                "citations": {"enabled": True},
            },
            "messages[0].content.citations",
        ),
    ],
)
def test_what_is_not_understood_is_kept_at_home_and_told_elsewhere(block: Body, loss: str) -> None:
    """At every level: inside a source and a cache mark as well."""
    messages = [{"role": "user", "content": [block]}]

    assert written_at_home(messages=messages)["messages"] == messages
    assert loss in to_chat({"messages": messages})[1]


@pytest.mark.parametrize(
    "block",
    [
        CALL | {"caller": {"type": "direct"}},
        {
            "type": "document",
            "source": {"type": "url", "url": "https://x/y.pdf"},
            "citations": {"enabled": False},
        },
    ],
)
def test_what_goes_without_saying_is_no_loss(block: Body) -> None:
    turns = [{"role": "assistant" if block["type"] == "tool_use" else "user", "content": [block]}]

    assert encoded(abroad(decoded(messages=turns)))[1] == []


def test_a_document_in_pieces_is_told_piece_by_piece() -> None:
    """A `content` source holds texts and pictures, which every vendor has."""
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}
    source = {"type": "content", "content": [{"type": "text", "text": "a"}, picture]}
    block = {"type": "document", "title": "T", "source": source, "cache_control": {"type": "ephemeral"}}
    read = part(block)

    assert isinstance(read, Foreign)
    assert [type(one) for one in read.instead] == [Text, Text, Media]
    assert read.instead[-1].cache == CacheMark()
    assert written_at_home(messages=[{"role": "user", "content": [block]}])["messages"][0]["content"] == [block]
