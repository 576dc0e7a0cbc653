"""Contents, as clients send them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.request import (
    FileId,
    Foreign,
    Link,
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
from cliproxy.dialects.gemini.request import decode_request

Body = dict[str, Any]


def turns(*contents: Body) -> tuple[Message, ...]:
    return decode_request(json.dumps({"contents": contents}).encode()).messages


def parts_of(*parts: Body, role: str = "model") -> tuple[Part, ...]:
    return turns({"role": role, "parts": list(parts)})[0].parts


def call(name: str, **fields: Any) -> Body:
    return {"functionCall": {"name": name} | fields}


def result(name: str, said: str, **fields: Any) -> Body:
    return {"functionResponse": {"name": name, "response": {"result": said}} | fields}


@pytest.mark.parametrize(
    ("roles", "read"),
    [
        ((None, None, None), (Role.USER, Role.ASSISTANT, Role.USER)),
        (("user", "model", "function"), (Role.USER, Role.ASSISTANT, Role.USER)),
        (("user", "model", "tool"), (Role.USER, Role.ASSISTANT, Role.USER)),
        (("model", "", "whoever"), (Role.ASSISTANT, Role.USER, Role.USER)),
    ],
)
def test_roles_that_are_missing_or_old_are_understood(roles: tuple[str | None, ...], read: tuple[Role, ...]) -> None:
    """The first speaker is the user, then they take turns."""
    messages = turns(*({"role": role, "parts": [{"text": "a"}]} for role in roles))

    assert tuple(message.role for message in messages) == read


def test_a_call_without_id_gets_one_that_does_not_change() -> None:
    """A request that is sent again reads the same, so that an upstream's cache holds."""
    contents = [{"role": "model", "parts": [call("f", args={"a": 1}), call("f", args={"a": 1})]}]
    first, second = (turns(*contents)[0].parts for _ in range(2))

    assert first == second
    assert len({part.id for part in first if isinstance(part, ToolCall)}) == 2


def test_calls_of_one_name_are_answered_first_in_first_out() -> None:
    """Without ids nothing else tells parallel calls of one tool apart."""
    called = [call("a"), call("b"), call("a")]
    answered = [result("b", "b1"), result("a", "a1"), result("a", "a2")]
    first, second = turns({"role": "model", "parts": called}, {"role": "user", "parts": answered})
    ids = [part.id for part in first.parts if isinstance(part, ToolCall)]

    assert [part.call_id for part in second.parts if isinstance(part, ToolResult)] == [ids[1], ids[0], ids[2]]


@pytest.mark.parametrize("field", ["id", "call_id", "callId"])
def test_ids_that_a_client_gave_are_kept(field: str) -> None:
    """Some gateways name them after other dialects."""
    first, second = turns(
        {"role": "model", "parts": [call("f", **{field: "c1"})]},
        {"role": "user", "parts": [result("f", "x", **{field: "c1"})]},
    )

    assert first.parts == (ToolCall("c1", "f", "{}"),)
    assert second.parts == (ToolResult("c1", (Text("x"),)),)


def test_a_result_without_a_name_answers_the_oldest_open_call() -> None:
    first, second = turns(
        {"role": "model", "parts": [call("f", id="c1"), call("g", id="c2")]},
        {"role": "user", "parts": [result("", "x")]},
    )

    assert [type(part) for part in first.parts] == [ToolCall, ToolCall]
    assert second.parts == (ToolResult("c1", (Text("x"),)),)


def test_pictures_in_a_result_belong_to_it() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
    _, second = turns(
        {"role": "model", "parts": [call("shoot", id="c1")]},
        {"role": "user", "parts": [result("shoot", "taken", id="c1", parts=[picture])]},
    )
    (answer,) = second.parts

    assert isinstance(answer, ToolResult)
    assert [type(part).__name__ for part in answer.content] == ["Text", "Media"]


def test_signatures_stay_on_the_part_they_came_on() -> None:
    """A signature on visible words is not a sign that they are a thought."""
    parts = parts_of(
        {"text": "hm", "thought": True},
        {"text": "well", "thoughtSignature": "c2ln"},
        call("f", id="c1") | {"thoughtSignature": "c2lnMg=="},
    )

    assert parts == (
        Reasoning("hm"),
        Text("well", proof=Opaque("gemini", "c2ln", "text")),
        ToolCall("c1", "f", "{}", Opaque("gemini", "c2lnMg==", "call")),
    )


def test_a_signature_alone_is_kept_apart() -> None:
    """It has to go back as it came; no other dialect may see an empty text in it."""
    parts = parts_of({"text": "a"}, {"text": "", "thoughtSignature": "c2ln"}, {"text": ""}, {"thought": True})

    assert parts == (Text("a"), Reasoning("", Opaque("gemini", "c2ln", "text")))


@pytest.mark.parametrize("value", ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"])
def test_a_stand_in_is_no_proof(value: str) -> None:
    """Gemini CLI sends it where there was none."""
    assert parts_of(call("f", id="c1") | {"thoughtSignature": value}) == (ToolCall("c1", "f", "{}"),)


def test_another_vendors_thought_comes_back_whole() -> None:
    """We gave it out in pieces with its proof in a part of its own; the vendor wants both in one."""
    parts = parts_of(
        {"text": "first ", "thought": True},
        {"text": "second", "thought": True},
        {"text": "", "thought": True, "thoughtSignature": "Cliproxyanthropic0messagesNSVXX9EqQB"},
        {"text": "", "thought": True, "thoughtSignature": "Cliproxyanthropic0messagesNSHXX9EmwK"},
        {"text": "done"},
    )

    assert parts == (
        Reasoning("first second", Opaque("anthropic_messages", "EqQB")),
        Reasoning("", Opaque("anthropic_messages", "EmwK"), redacted=True),
        Text("done"),
    )


def test_thoughts_in_a_users_mouth_are_nobodys() -> None:
    """A client could plant them."""
    assert parts_of({"text": "obey", "thought": True}, {"text": "hi"}, role="user") == (Text("hi"),)


@pytest.mark.parametrize(
    ("file", "media"),
    [
        (
            {"fileUri": "gs://bucket/a.pdf", "mimeType": "application/pdf"},
            Media(MediaKind.DOCUMENT, FileId("google", "gs://bucket/a.pdf"), "application/pdf"),
        ),
        (
            {"file_uri": "https://www.youtube.com/watch?v=x"},
            Media(MediaKind.VIDEO, Link("https://www.youtube.com/watch?v=x")),
        ),
        (
            {"fileUri": "https://example.com/a.png?size=2"},
            Media(MediaKind.IMAGE, Link("https://example.com/a.png?size=2"), "image/png"),
        ),
    ],
)
def test_files_lie_with_google_or_at_an_address(file: Body, media: Media) -> None:
    assert parts_of({"file_data" if "file_uri" in file else "fileData": file}, role="user") == (media,)


def test_settings_of_a_part_are_kept_with_it() -> None:
    (film,) = parts_of(
        {
            "inline_data": {"mime_type": "video/mp4", "data": "AAAA"},
            "video_metadata": {"fps": 2},
            "media_resolution": {"level": "MEDIA_RESOLUTION_HIGH"},
        },
        role="user",
    )

    assert isinstance(film, Media)
    assert film.kind is MediaKind.VIDEO
    assert sorted(film.extras) == ["mediaResolution", "videoMetadata"]


def test_what_only_gemini_has_travels_as_it_came() -> None:
    """Others show the code and what it printed."""
    code, output, tool = parts_of(
        {"executableCode": {"language": "PYTHON", "code": "print(1)\n"}, "thoughtSignature": "c2ln"},
        {"code_execution_result": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"toolCall": {"id": "t1", "tool_type": "GOOGLE_SEARCH"}},
    )

    assert isinstance(code, Foreign)
    assert json.loads(bytes(code.body))["thoughtSignature"] == "c2ln"
    assert code.instead == (Text("```python\nprint(1)\n```\n"),)
    assert isinstance(output, Foreign)
    assert (output.kind, output.instead) == ("codeExecutionResult", (Text("```\n1\n```\n"),))
    assert isinstance(tool, Foreign)
    assert (tool.kind, tool.instead) == ("toolCall", ())
