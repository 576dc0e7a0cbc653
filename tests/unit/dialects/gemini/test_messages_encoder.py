"""Turns of other dialects, as contents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import (
    Conversation,
    FileId,
    Media,
    MediaKind,
    Message,
    Opaque,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.anthropic_messages import DIALECT as MESSAGES
from cliproxy.dialects.gemini import DIALECT as GEMINI
from cliproxy.dialects.gemini.request import decode_request
from cliproxy.dialects.gemini.request_encoder import encode_request
from cliproxy.dialects.openai_chat import DIALECT as CHAT
from tests.unit.dialects.translating import requested

Body = dict[str, Any]
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
INLINE = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
HI = {"role": "user", "content": "hi"}


def from_messages(*messages: Body, model: str = "m", **body: Any) -> tuple[list[Body], list[str]]:
    written, losses = requested(MESSAGES, GEMINI, {"model": model, "max_tokens": 9, "messages": messages} | body)
    return written["contents"], losses


def contents(*messages: Message, origin: str = "openai_chat", model: str = "m") -> tuple[list[Body], list[str]]:
    encoded = encode_request(Conversation(origin, model, messages=messages), ModelInfo("m"), False)
    return json.loads(encoded.body)["contents"], [loss.field for loss in encoded.losses]


def spoken(*parts: Part, origin: str = "openai_chat") -> list[Body]:
    """Return the parts of an assistant's turn that stands between two of the user's."""
    said = Message(Role.USER, (Text("hi"),))
    results = [ToolResult(part.id, (Text("ok"),)) for part in parts if isinstance(part, ToolCall)]
    turns, _ = contents(said, Message(Role.ASSISTANT, parts), Message(Role.USER, (*results, Text("go"))), origin=origin)
    found: list[Body] = turns[1]["parts"]
    return found


def use(id_: str, name: str) -> Body:
    return {"type": "tool_use", "id": id_, "name": name, "input": {"a": 1}}


def answer(id_: str, content: Any) -> Body:
    return {"type": "tool_result", "tool_use_id": id_, "content": content}


def test_parallel_calls_are_answered_in_their_order() -> None:
    """However the results came, and whatever was said beside them."""
    turns, losses = from_messages(
        HI,
        {"role": "assistant", "content": [{"type": "text", "text": "so"}, use("a", "f"), use("b", "g")]},
        {"role": "user", "content": [answer("b", "two"), answer("a", "one"), {"type": "text", "text": "well?"}]},
    )

    assert losses == []
    assert turns[1:] == [
        {"role": "model", "parts": [
            {"text": "so"},
            {"functionCall": {"id": "a", "name": "f", "args": {"a": 1}}},
            {"functionCall": {"id": "b", "name": "g", "args": {"a": 1}}},
        ]},
        {"role": "user", "parts": [
            {"functionResponse": {"id": "a", "name": "f", "response": {"result": "one"}}},
            {"functionResponse": {"id": "b", "name": "g", "response": {"result": "two"}}},
        ]},
        {"role": "user", "parts": [{"text": "well?"}]},
    ]  # fmt: skip


def test_pictures_of_a_result_stand_beside_it() -> None:
    """Every model that calls tools takes them there."""
    turns, _ = from_messages(
        HI,
        {"role": "assistant", "content": [use("a", "f")]},
        {"role": "user", "content": [answer("a", [{"type": "text", "text": "seen"}, PICTURE])]},
    )
    response, picture = turns[2]["parts"]

    assert response["functionResponse"]["response"] == {"result": {"type": "text", "text": "seen"}}
    assert picture == INLINE


def test_calls_at_the_end_that_nobody_answered_are_cut() -> None:
    turns, losses = from_messages(HI, {"role": "assistant", "content": [use("a", "f")]})

    assert [turn["role"] for turn in turns] == ["user"]
    assert losses == ["messages: calls at the end that have no results"]


def test_nothing_empty_is_written() -> None:
    """The API refuses empty texts, and contents without parts."""
    turns, _ = from_messages(
        HI,
        {"role": "assistant", "content": [{"type": "text", "text": " \n"}]},
        {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "still here"}]},
    )

    assert turns == [
        {"role": "user", "parts": [{"text": "hi"}]},
        {"role": "user", "parts": [{"text": "still here"}]},
    ]


def test_a_reminder_is_said_where_it_stood() -> None:
    marked = {"type": "text", "text": "Mind the time.", "cache_control": {"type": "ephemeral"}}
    turns, losses = from_messages(HI, {"role": "system", "content": [marked, PICTURE]})

    assert turns[1] == {"role": "user", "parts": [{"text": "<system-reminder>\nMind the time.\n</system-reminder>"}]}
    assert losses == ["messages[1].content: cache mark", "messages[1].content: media in a reminder"]


@pytest.mark.parametrize(
    ("parts", "written"),
    [
        (
            (Reasoning("", Opaque("gemini", "c2ln", "call")), ToolCall("a", "f", "{}")),
            [{"functionCall": {"id": "a", "name": "f", "args": {}}, "thoughtSignature": "c2ln"}],
        ),
        (
            (Text("well"), Reasoning("", Opaque("gemini", "c2ln", "text"))),
            [{"text": "well", "thoughtSignature": "c2ln"}],
        ),
        (
            (Reasoning("hm", Opaque("gemini", "c2ln", "text")), Text("well")),
            [{"text": "hm", "thought": True}, {"text": "", "thoughtSignature": "c2ln"}, {"text": "well"}],
        ),
        (
            (Reasoning("hm", Opaque("gemini", "c2ln")), Text("well")),
            [{"text": "hm", "thought": True, "thoughtSignature": "c2ln"}, {"text": "well"}],
        ),
        (
            (Reasoning("hm"), Text("well", proof=Opaque("gemini", "c2ln", "text"))),
            [{"text": "hm", "thought": True}, {"text": "well", "thoughtSignature": "c2ln"}],
        ),
        (
            (Reasoning("", Opaque("gemini", "c2ln", "call")), Text("well")),
            [{"text": "well"}, {"text": "", "thoughtSignature": "c2ln"}],
        ),
    ],
    ids=["before a call", "after a text", "after a thought", "on a thought", "on a text", "its call is gone"],
)
def test_a_signature_goes_back_to_its_part(parts: tuple[Part, ...], written: list[Body]) -> None:
    """Other dialects carried it beside the part; on the wrong one it is refused."""
    assert spoken(*parts) == written


def test_another_vendors_proof_is_never_sent() -> None:
    thought = Reasoning("hm", Opaque("openai_responses", "gAAAA"))

    assert spoken(thought, Text("well")) == [{"text": "hm", "thought": True}, {"text": "well"}]
    assert spoken(thought, Text("well"), origin="anthropic_messages") == [{"text": "well"}]
    assert spoken(thought, Text("well"), origin="gemini") == [{"text": "hm", "thought": True}, {"text": "well"}]


@pytest.mark.parametrize("on", ["", "text", "call"])
def test_a_proof_of_another_family_behind_the_same_door_is_never_sent(on: str) -> None:
    """Claude's are tagged there; Gemini refuses them."""
    said = Message(Role.USER, (Text("hi"),))
    proof = Opaque("gemini", "claude#c2ln")
    turn: tuple[Part, ...] = (
        Reasoning("hm", Opaque("gemini", "claude#c2ln", on)),
        Text("ho", proof=proof),
        ToolCall("c", "f", "{}", proof=proof),
    )
    result = Message(Role.USER, (ToolResult("c", (Text("r"),)),))
    turns = (said, Message(Role.ASSISTANT, turn), result)

    assert "c2ln" not in json.dumps(contents(*turns, model="gemini-2.5-pro")[0])
    assert '"c2ln"' in json.dumps(contents(*turns, model="claude-sonnet-4-6")[0])


def test_calls_that_gemini_did_not_make_are_let_pass() -> None:
    """Gemini 3 refuses the call otherwise; older models need nothing."""
    history = (
        HI,
        {"role": "assistant", "content": [use("a", "f")]},
        {"role": "user", "content": [answer("a", "one")]},
    )
    (call,) = from_messages(*history, model="gemini-3-pro-preview")[0][1]["parts"]
    (older,) = from_messages(*history, model="gemini-2.5-pro")[0][1]["parts"]

    assert call["thoughtSignature"] == "skip_thought_signature_validator"
    assert "thoughtSignature" not in older


def test_arguments_that_are_no_object_are_told() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "[1]"}}
    body, losses = requested(
        CHAT, GEMINI,
        {"messages": [HI, {"role": "assistant", "tool_calls": [call]},
                      {"role": "tool", "tool_call_id": "a", "content": "x"}]},
    )  # fmt: skip

    assert body["contents"][1]["parts"][0]["functionCall"]["args"] == {}
    assert losses == ["messages[1].tool_calls: arguments that are no JSON object"]


def test_media_that_google_cannot_read_leaves_a_note() -> None:
    linked = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}
    body, losses = requested(CHAT, GEMINI, {"messages": [{"role": "user", "content": [linked]}]})
    turns, told = contents(Message(Role.USER, (Media(MediaKind.DOCUMENT, FileId("openai", "file-1")),)))

    assert body["contents"][0]["parts"] == [{"text": "[image: https://example.com/a.png]"}]
    assert losses == [
        "messages[0].content: image detail",
        "messages[0].content: image that Google cannot read",
    ]
    assert (turns[0]["parts"], told) == (
        [{"text": "[document]"}],
        ["messages[0].content: document that Google cannot read"],
    )


def test_at_home_a_turn_is_written_as_it_came() -> None:
    """Ids that a client left out are not made up for Google."""
    said = [
        {"role": "user", "mood": 1, "parts": [{"text": "hi", "tint": 2}, INLINE | {"videoMetadata": {"fps": 1}}]},
        {"role": "model", "parts": [
            {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "c2ln"},
            {"text": "", "thoughtSignature": "c2ln"},
            {"functionCall": {"name": "f", "args": {"b": 1.50}, "hue": 3}, "tint": 4},
        ]},
        {"role": "user", "parts": [
            {"functionResponse": {"name": "f", "response": {"result": "x"}, "parts": [INLINE], "scheduling": "IDLE"}},
            {"text": "go"},
        ]},
    ]  # fmt: skip
    conversation = decode_request(json.dumps({"contents": said}).encode())
    encoded = encode_request(conversation, ModelInfo("m"), False)
    written = json.loads(encoded.body)["contents"]

    assert encoded.losses == ()
    assert written == said
