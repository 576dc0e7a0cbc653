"""What a generateContent request says: about itself in its path, and of all else in two spellings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.request import Conversation, Effort, Level, Message, Role, Text
from cliproxy.dialects.gemini import DIALECT
from cliproxy.dialects.gemini.request import decode_request
from cliproxy.errors import RequestError
from cliproxy.wire.frames import Framing

BODY = b'{"contents":[], "model":"ignored"}'
HI = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


def said(body: dict[str, Any]) -> Conversation:
    return decode_request(json.dumps(HI | body).encode())


@pytest.mark.parametrize(
    ("method", "alt", "framing"),
    [
        ("generateContent", "", Framing.WHOLE),
        ("generateContent", "sse", Framing.WHOLE),
        ("streamGenerateContent", "sse", Framing.EVENT_STREAM),
        ("streamGenerateContent", "", Framing.JSON_ARRAY),
        ("streamGenerateContent", "json", Framing.JSON_ARRAY),
    ],
)
def test_method_and_query_say_how_the_reply_is_wanted(method: str, alt: str, framing: Framing) -> None:
    """Without `alt=sse` Google streams one JSON array."""
    head = DIALECT.read_head(BODY, {"model": "m", "method": method, "alt": alt})

    assert (head.model, head.framing) == ("m", framing)
    assert head.stream is (framing is not Framing.WHOLE)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"{", b""])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    """It would be refused upstream, on somebody's account."""
    with pytest.raises(RequestError):
        DIALECT.read_head(body, {"model": "m", "method": "generateContent"})
    with pytest.raises(RequestError):
        decode_request(body)


@pytest.mark.parametrize("name", ["cachedContent", "cached_content"])
def test_a_cache_keeps_a_conversation_with_its_account(name: str) -> None:
    """What was cached lies in one account; the others know nothing of it."""
    body = json.dumps(HI | {name: "cachedContents/abc"}).encode()

    assert DIALECT.read_head(body, {}).session == "cachedContents/abc"


@pytest.mark.parametrize("name", ["systemInstruction", "system_instruction"])
@pytest.mark.parametrize(
    "instruction",
    [
        "Be brief.",
        {"parts": {"text": "Be brief."}},
        {"role": "system", "parts": [{"text": "Be brief."}]},
        ["Be brief."],
    ],
)
def test_instructions_come_in_every_shape(name: str, instruction: object) -> None:
    """A string is sloppy and an object for a list is not; Google takes both."""
    assert said({name: instruction}).instructions == (Text("Be brief."),)


def test_a_picture_among_the_instructions_goes_to_the_first_turn() -> None:
    """No other vendor shows pictures to its model in instructions."""
    picture = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
    conversation = said({"systemInstruction": {"parts": [{"text": "Look."}, picture]}})

    assert conversation.instructions == (Text("Look."),)
    assert [type(part).__name__ for part in conversation.messages[0].parts] == ["Media"]


@pytest.mark.parametrize(
    "contents",
    ["hi", {"parts": [{"text": "hi"}]}, [{"parts": {"text": "hi"}}], [{"role": "user", "parts": [{"text": "hi"}]}]],
)
def test_contents_come_in_every_shape(contents: object) -> None:
    assert said({"contents": contents}).messages == (Message(Role.USER, (Text("hi"),)),)


def test_what_has_no_neutral_meaning_is_kept_by_its_path() -> None:
    """An encoder of this dialect writes it back, every other one tells of the loss."""
    conversation = said(
        {
            "safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
            "cachedContent": "cachedContents/abc",
            "frobnicate": 1,
            "generation_config": {"media_resolution": "MEDIA_RESOLUTION_LOW", "thinking_config": {"depth": 2}},
            "toolConfig": {"retrievalConfig": {"languageCode": "de"}},
        }
    )

    assert {path: json.loads(bytes(raw)) for path, raw in conversation.extras.items()} == {
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
        "cachedContent": "cachedContents/abc",
        "frobnicate": 1,
        "generationConfig.mediaResolution": "MEDIA_RESOLUTION_LOW",
        "generationConfig.thinkingConfig.depth": 2,
        "toolConfig.retrievalConfig": {"languageCode": "de"},
    }


def test_the_rest_of_the_frame_is_read() -> None:
    conversation = said(
        {"model": "models/gemini-x", "labels": {"team": "a"}, "serviceTier": "standard", "store": False}
    )

    assert (conversation.model, conversation.metadata) == ("gemini-x", {"team": "a"})
    assert (conversation.service_tier, conversation.store) == ("default", False)
    assert said({"service_tier": "FLEX"}).service_tier == "flex"


def test_both_spellings_of_one_field_count_once() -> None:
    """The server refuses a field that is there twice, so only one is kept: the one it writes itself."""
    body = {"generationConfig": {"maxOutputTokens": 5}, "generation_config": {"max_output_tokens": 7}}

    assert said(body).sampling.max_tokens == 5


def test_an_effort_is_read_in_snake_case() -> None:
    body = {"generation_config": {"thinking_config": {"thinking_level": "LOW", "include_thoughts": False}}}

    assert said(body).effort == Effort(Level.LOW, visible=False)


@pytest.mark.parametrize(
    "body",
    [{"contents": 5}, {"contents": [{"parts": [{"text": 5}]}]}, {"tools": {}}, {"generationConfig": {"topP": "x"}}],
)
def test_a_value_of_another_type_is_refused(body: dict[str, Any]) -> None:
    """The client is told; nothing of it is guessed."""
    with pytest.raises(RequestError):
        said(body)
