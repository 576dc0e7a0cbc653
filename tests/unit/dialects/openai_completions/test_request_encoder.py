"""Conversations of any client, put to an upstream that only goes on with a text."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import (
    Conversation,
    Effort,
    Level,
    Link,
    Media,
    MediaKind,
    Message,
    Reasoning,
    Role,
    Sampling,
    ServerTool,
    ServerToolKind,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.openai_completions.request import decode_request
from cliproxy.dialects.openai_completions.request_encoder import encode_request
from tests.unit.dialects.translating import UNKNOWN, Body

HI = Message(Role.USER, (Text("hi"),))


def written(*messages: Message, model: ModelInfo = UNKNOWN, **fields: Any) -> tuple[Body, list[str]]:
    """Return the request, and what was lost."""
    said = Conversation(**{"origin": "openai_chat", "model": "m", "messages": messages} | fields)
    encoded = encode_request(said, model, False)
    return json.loads(encoded.body), [loss.field for loss in encoded.losses]


def test_one_text_of_a_user_is_the_prompt() -> None:
    assert written(HI) == ({"model": "m", "prompt": "hi", "max_tokens": 2048}, [])


def test_a_conversation_is_a_script_that_ends_where_the_assistant_speaks() -> None:
    """A model that goes on past its turn would speak for the user; it is stopped there."""
    body, losses = written(HI, Message(Role.ASSISTANT, (Text("ho"),)), HI, instructions=(Text("be brief"),))

    assert body["prompt"] == "be brief\n\nUser: hi\n\nAssistant: ho\n\nUser: hi\n\nAssistant:"
    assert body["stop"] == ["\n\nUser:"]
    assert losses == ["messages: turns, which are one text now"]


def test_what_the_client_stops_at_stays_alone() -> None:
    body, losses = written(HI, HI, sampling=Sampling(stop=tuple("abcde")))

    assert body["stop"] == list("abcd")
    assert "stop: more than four" in losses


def test_a_limit_is_always_given() -> None:
    """The API's own is sixteen tokens."""
    assert written(HI, model=ModelInfo("m", output_limit=99))[0]["max_tokens"] == 99
    assert written(HI, sampling=Sampling(max_tokens=7))[0]["max_tokens"] == 7


@pytest.mark.parametrize(
    ("sampling", "logprobs"),
    [(Sampling(logprobs=True), 0), (Sampling(logprobs=True, top_logprobs=9), 5), (Sampling(logprobs=False), None)],
)
def test_logprobs_are_asked_for_by_number(sampling: Sampling, logprobs: int | None) -> None:
    assert written(HI, sampling=sampling)[0].get("logprobs") == logprobs


def test_what_is_no_text_is_lost() -> None:
    """What a tool gave is text, and stays; that it is an answer to a call cannot be said."""
    spoken = Message(Role.ASSISTANT, (Reasoning("hm"), Text("x"), ToolCall("a", "f", "{}")))
    answered = Message(Role.USER, (ToolResult("a", (Text("1"),)),))
    shown = Message(Role.USER, (Text("see"), Media(MediaKind.IMAGE, Link("https://a"))))
    body, losses = written(HI, spoken, answered, shown)

    assert body["prompt"] == "User: hi\n\nAssistant: x\n\nTool: 1\n\nUser: see\n\nAssistant:"
    assert losses == [
        "messages[1].content: reasoning",
        "messages[1].tool_calls: f",
        "messages[2].tool_result: a call's, as a text",
        "messages[3].content: image",
        "messages: turns, which are one text now",
    ]


def test_what_frames_a_chat_is_lost() -> None:
    search = ServerTool(ServerToolKind.WEB_SEARCH, msgspec.Raw(b"{}"))
    _, losses = written(
        HI,
        tools=(Tool("f"), search),
        parallel_calls=False,
        effort=Effort(Level.LOW),
        metadata={"a": "b"},
        verbosity="low",
        service_tier="flex",
    )

    assert losses == [
        "tools[0]: f",
        "tools[1]: web_search",
        "parallel_tool_calls",
        "reasoning effort",
        "metadata",
        "service_tier",
        "verbosity",
    ]


def test_what_is_nobodys_wish_is_no_loss() -> None:
    _, losses = written(HI, sampling=Sampling(candidates=1), service_tier="auto", store=False, modalities=("text",))

    assert losses == []


def test_at_home_every_field_is_said_again() -> None:
    body = {
        "model": "m",
        "prompt": "x ",
        "max_tokens": 5,
        "n": 1,
        "logprobs": 2,
        "stop": list("abcdef"),
        "suffix": "end",
        "best_of": 4,
        "user": "u",
        "unheard": {"of": 1},
    }
    encoded = encode_request(decode_request(json.dumps(body).encode()), ModelInfo("m"), False)

    assert json.loads(encoded.body) == body
    assert encoded.losses == ()
