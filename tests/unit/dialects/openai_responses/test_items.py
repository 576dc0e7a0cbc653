"""Items of a request, put together as turns."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from cliproxy.conversation.request import (
    Foreign,
    Inline,
    Media,
    MediaKind,
    Message,
    Opaque,
    Reasoning,
    Role,
    Search,
    Source,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.openai_responses.items import Said, decode_items, other_part, thought_of
from cliproxy.dialects.openai_responses.schema import Item

USER, ASSISTANT = Role.USER, Role.ASSISTANT
CALL = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c", "output": "4"}


def said(*items: Any) -> Said:
    return decode_items([Raw(json.dumps(item).encode()) for item in items])


def turns(*items: Any) -> list[Message]:
    return said(*items).turns


def test_an_item_with_a_role_is_a_message() -> None:
    assert turns({"role": "user", "content": "a"}) == [Message(USER, (Text("a"),))]


def test_what_opens_the_input_instructs_and_what_comes_later_stays_there() -> None:
    read = said(
        {"role": "developer", "content": "a"},
        {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "b"}]},
        {"role": "user", "content": "c"},
        {"role": "developer", "content": "d"},
    )

    assert read.instructions == [Text("a"), Text("b")]
    assert read.turns == [Message(USER, (Text("c"),)), Message(Role.SYSTEM, (Text("d"),))]


def test_pictures_in_instructions_are_shown_by_the_user() -> None:
    read = said({"role": "system", "content": [{"type": "input_image", "image_url": "data:image/png;base64,AA=="}]})

    assert read.turns == [Message(USER, (Media(MediaKind.IMAGE, Inline("AA=="), "image/png"),))]


def test_a_run_of_items_that_the_model_gave_is_one_turn() -> None:
    """Chat hosts want the calls in the message of the words before them, and their thoughts with them."""
    [spoken, answered] = turns(
        {"type": "reasoning", "summary": [], "encrypted_content": "gAAAA1"},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "a"}],
            "phase": "commentary",
        },
        CALL,
        CALL | {"call_id": "d", "type": "custom_tool_call", "input": "w"},
        RESULT,
        RESULT | {"call_id": "d", "type": "custom_tool_call_output"},
    )

    assert spoken.parts == (
        Reasoning("", Opaque("openai_responses", "gAAAA1")),
        Text("a"),
        ToolCall("c", "f", "{}"),
        ToolCall("d", "f", "w", free_text=True),
    )
    assert {name: bytes(value) for name, value in spoken.extras.items()} == {"phase": b'"commentary"'}
    assert answered == Message(USER, (ToolResult("c", (Text("4"),)), ToolResult("d", (Text("4"),))))


def test_a_second_message_begins_a_turn_and_takes_its_thoughts_along() -> None:
    read = turns(
        {"role": "assistant", "content": "a"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "b"}], "encrypted_content": "gAAAA1"},
        {"role": "assistant", "content": "c"},
    )

    proof = Opaque("openai_responses", "gAAAA1")
    assert read == [Message(ASSISTANT, (Text("a"),)), Message(ASSISTANT, (Reasoning("b", proof), Text("c")))]


def test_the_model_s_words_in_a_user_s_mouth_are_the_model_s() -> None:
    parts = [
        {"type": "input_text", "text": "a"},
        {"type": "output_text", "text": "b"},
        {"type": "input_text", "text": "c"},
    ]

    assert turns({"role": "user", "content": parts}) == [
        Message(USER, (Text("a"),)),
        Message(ASSISTANT, (Text("b"),)),
        Message(USER, (Text("c"),)),
    ]


def test_thoughts_in_a_message_are_read_as_in_chat() -> None:
    assert turns({"role": "assistant", "content": "a", "reasoning_content": "b"}) == [
        Message(ASSISTANT, (Reasoning("b"), Text("a")))
    ]


@pytest.mark.parametrize(
    ("item", "call"),
    [
        (CALL | {"namespace": "crm"}, ToolCall("c", "crm__f", "{}")),
        (CALL | {"arguments": {"a": 1}}, ToolCall("c", "f", '{"a": 1}')),
        ({"type": "function_call", "id": "fc_1", "name": "f"}, ToolCall("fc_1", "f", "")),
        (
            {"type": "custom_tool_call", "call_id": "c", "name": "f", "input": "a\nb"},
            ToolCall("c", "f", "a\nb", free_text=True),
        ),
    ],
    ids=str,
)
def test_a_call_is_read(item: dict[str, Any], call: ToolCall) -> None:
    assert turns(item)[0].parts == (call,)


def test_how_far_an_item_came_is_kept_where_it_is_not_whole() -> None:
    [turn] = turns(CALL | {"status": "incomplete", "id": "fc_1", "caller": {"type": "x"}})
    [call] = turn.parts

    assert isinstance(call, ToolCall)
    assert sorted(call.extras) == ["caller", "status"]


@pytest.mark.parametrize(
    ("fields", "thought"),
    [
        (
            {"summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]},
            Reasoning("a\n\nb"),
        ),
        ({"summary": [], "content": [{"type": "reasoning_text", "text": "a"}]}, Reasoning("a")),
        (
            {"summary": [{"type": "summary_text", "text": "a"}], "content": [{"type": "reasoning_text", "text": "b"}]},
            Reasoning("a"),
        ),
        ({"encrypted_content": "e"}, Reasoning("", Opaque("openai_responses", "e"))),
        (
            {"encrypted_content": "anthropic_messages#s"},
            Reasoning("", Opaque("anthropic_messages", "s"), redacted=True),
        ),
        (
            {"encrypted_content": "anthropic_messages#s", "summary": [{"type": "summary_text", "text": ""}]},
            Reasoning("", Opaque("anthropic_messages", "s")),
        ),
        ({"encrypted_content": "gemini.call#s"}, Reasoning("", Opaque("gemini", "s", "call"))),
    ],
    ids=str,
)
def test_thoughts_are_one_part_with_their_proof(fields: dict[str, Any], thought: Reasoning) -> None:
    """Another vendor's proof without even an empty summary is one of redacted thoughts."""
    item = msgspec.json.decode(json.dumps({"type": "reasoning"} | fields), type=Item)

    assert thought_of(item) == thought


def test_thoughts_without_a_proof_are_known_to_the_vendor_by_their_id() -> None:
    [turn] = turns({"type": "reasoning", "id": "rs_1", "summary": []})

    assert turn.parts == (Reasoning("", extras={"id": Raw(b'"rs_1"')}),)


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("web_search_call", ASSISTANT),
        ("mcp_list_tools", ASSISTANT),
        ("compaction", ASSISTANT),
        ("something_new", ASSISTANT),
        ("computer_call_output", USER),
        ("mcp_approval_response", USER),
        ("compaction_trigger", USER),
        ("item_reference", USER),
    ],
)
def test_an_item_of_any_other_type_stays_as_it_came(kind: str, role: Role) -> None:
    """One that nobody knows must not fail the request."""
    [turn] = turns({"type": kind, "id": "x", "odd": [1]})
    [part] = turn.parts

    assert turn.role is role
    assert isinstance(part, Foreign)
    assert json.loads(bytes(part.body)) == {"type": kind, "id": "x", "odd": [1]}


def test_tools_given_inside_the_input_are_no_turn() -> None:
    read = said({"type": "additional_tools", "role": "developer", "tools": []}, {"role": "user", "content": "a"})

    assert len(read.turns) == len(read.declaring) == 1


@pytest.mark.parametrize(
    ("action", "search"),
    [
        (
            {"type": "search", "query": "q", "sources": [{"type": "url", "url": "https://a"}]},
            Search("ws_1", ("q",), (Source("https://a"),)),
        ),
        ({"type": "search", "query": "q", "queries": ["q", "r"]}, Search("ws_1", ("q", "r"))),
        ({"type": "open_page", "url": "https://a"}, Search("ws_1", (), (Source("https://a"),))),
        (None, Search("ws_1")),
    ],
    ids=str,
)
def test_a_search_tells_others_what_was_asked_and_found(action: Any, search: Search) -> None:
    part = other_part("web_search_call", Raw(json.dumps({"id": "ws_1", "action": action}).encode()))

    assert isinstance(part, Foreign)
    assert part.search == search


def test_a_picture_that_was_drawn_is_a_picture() -> None:
    drawn = Raw(b'{"type":"image_generation_call","result":"iVBORw0KGgo=","output_format":"webp"}')

    assert other_part("image_generation_call", drawn) == Media(MediaKind.IMAGE, Inline("iVBORw0KGgo="), "image/webp")
    assert isinstance(other_part("image_generation_call", Raw(b'{"status":"failed"}')), Foreign)
