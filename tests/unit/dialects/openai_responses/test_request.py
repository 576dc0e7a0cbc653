"""What a Responses request says about itself, and says at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.request import (
    Conversation,
    Effort,
    Level,
    Message,
    OutputKind,
    OutputShape,
    Role,
    Sampling,
    Text,
)
from cliproxy.dialects.openai_responses import DIALECT
from cliproxy.dialects.openai_responses.request import decode_request
from cliproxy.errors import RequestError
from cliproxy.wire.frames import Framing


def decoded(**fields: Any) -> Conversation:
    return decode_request(json.dumps({"model": "m"} | fields).encode())


def extras_of(**fields: Any) -> dict[str, Any]:
    return {name: json.loads(bytes(value)) for name, value in decoded(**fields).extras.items()}


def test_the_head_is_read_without_what_stands_below() -> None:
    """`input` may be huge, and of any shape."""
    body = b'{"model":"m","stream":true,"prompt_cache_key":"talk-1","previous_response_id":"r","input":[{"odd":[1.0]}]}'
    head = DIALECT.read_head(body, {})

    assert (head.model, head.stream, head.session, head.framing) == ("m", True, "talk-1", Framing.EVENT_STREAM)
    assert head.continues == "r"


@pytest.mark.parametrize("body", [b'{"model":5}', b'{"model":"m","stream":"yes"}', b"[]"])
def test_a_field_of_the_wrong_type_is_named(body: bytes) -> None:
    """The client's author must see which."""
    with pytest.raises(RequestError, match=r"model|stream|object"):
        DIALECT.read_head(body, {})


def test_an_input_of_words_is_one_message() -> None:
    assert decoded(input="a", instructions="b") == Conversation(
        "openai_responses", "m", (Text("b"),), (Message(Role.USER, (Text("a"),)),)
    )


def test_instructions_stand_before_those_that_open_the_input() -> None:
    assert decoded(instructions="a", input=[{"role": "system", "content": "b"}]).instructions == (Text("a"), Text("b"))


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"max_output_tokens": 5, "temperature": 1, "top_p": 0.5}, "sampling", Sampling(5, 1.0, 0.5)),
        (
            {"include": ["message.output_text.logprobs"], "top_logprobs": 3},
            "sampling",
            Sampling(logprobs=True, top_logprobs=3),
        ),
        ({"reasoning": {"effort": "HIGH"}}, "effort", Effort(Level.HIGH)),
        ({"reasoning": {"effort": "low", "summary": "auto"}}, "effort", Effort(Level.LOW, visible=True)),
        ({"reasoning": {"generate_summary": "concise"}}, "effort", Effort(visible=True)),
        ({"reasoning": {"effort": "low", "summary": "none"}}, "effort", Effort(Level.LOW, visible=False)),
        ({"reasoning": {}}, "effort", None),
        ({"text": {"format": {"type": "text"}}}, "output", None),
        ({"text": {"format": {"type": "json_object"}}}, "output", OutputShape(OutputKind.JSON)),
        ({"text": {"verbosity": "low"}}, "verbosity", "low"),
        ({"user": "u"}, "user", "u"),
        ({"safety_identifier": "s"}, "user", "s"),
        ({"prompt_cache_key": "k"}, "cache_key", "k"),
        ({"service_tier": "flex"}, "service_tier", "flex"),
        ({"store": False}, "store", False),
        ({"parallel_tool_calls": False}, "parallel_calls", False),
        ({"metadata": {"a": "b"}}, "metadata", {"a": "b"}),
    ],
    ids=str,
)
def test_a_field_with_a_meaning_is_read(fields: dict[str, Any], name: str, value: object) -> None:
    conversation = decoded(**fields)

    assert getattr(conversation, name) == value
    assert set(conversation.extras) <= {"reasoning.summary"}


def test_a_shape_of_the_reply_is_read_with_all_it_says() -> None:
    shape = {"type": "json_schema", "name": "n", "description": "d", "schema": {"a": 1.0}, "strict": True}
    output = decoded(text={"format": shape}).output

    assert output is not None
    assert (output.kind, output.name, output.description, output.strict) == (OutputKind.JSON_SCHEMA, "n", "d", True)
    assert output.schema is not None
    assert bytes(output.schema) == b'{"a": 1.0}'


@pytest.mark.parametrize(
    ("fields", "extras"),
    [
        ({"previous_response_id": "r"}, {"previous_response_id": "r"}),
        ({"truncation": "disabled", "background": False, "conversation": None}, {}),
        ({"truncation": "auto", "new": [1]}, {"truncation": "auto", "new": [1]}),
        ({"reasoning": {"effort": "low", "context": "all_turns"}}, {"reasoning.context": "all_turns"}),
        ({"reasoning": {"summary": "detailed"}}, {"reasoning.summary": "detailed"}),
        ({"text": {"new": 1, "format": {"type": "json_object", "odd": 2}}}, {"text.new": 1, "text.format.odd": 2}),
        ({"text": {"format": {"type": "grammar"}}}, {"text.format": {"type": "grammar"}}),
        ({"user": "u", "safety_identifier": "s"}, {"safety_identifier": "s"}),
        ({"metadata": {"a": 1}}, {"metadata": {"a": 1}}),
        ({"service_tier": True}, {"service_tier": True}),
        ({"tool_choice": {"type": "mcp", "server_label": "s"}}, {"tool_choice": {"type": "mcp", "server_label": "s"}}),
        ({"store": False, "include": ["reasoning.encrypted_content"]}, {}),
        ({"include": ["reasoning.encrypted_content"]}, {"include": ["reasoning.encrypted_content"]}),
        (
            {"store": False, "include": ["file_search_call.results", "message.output_text.logprobs"]},
            {"include": ["file_search_call.results"]},
        ),
    ],
    ids=str,
)
def test_what_only_this_dialect_knows_is_kept_by_its_path(fields: dict[str, Any], extras: dict[str, Any]) -> None:
    """Encrypted thoughts are asked for in every dialect, so the wish for them is none that could be lost."""
    assert extras_of(**fields) == extras


@pytest.mark.parametrize(
    "fields",
    [
        {"input": 5},
        {"input": [5]},
        {"input": [{"role": 5}]},
        {"reasoning": {"effort": "hot"}},
        {"tools": [{"name": 1}]},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        decoded(**fields)
