"""Laws of requests: what is written reads back, and nothing but a RequestError comes of bad input."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cliproxy.conversation.free_text import without_free_text
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation, Message, ToolCall, ToolResult
from cliproxy.conversation.turns import settled
from cliproxy.errors import RequestError
from cliproxy.testing.strategies import conversations, untidy_conversations
from tests.proof.asked import lost
from tests.proof.exceptions import unexcused
from tests.proof.outcome import Outcome
from tests.properties.replaying import CODECS, DIALECTS, every_recording

REQUESTS = {
    name: [
        json.dumps(recording.request.body) for recording in every_recording([name]).values() if recording.request.body
    ]
    for name in CODECS
}


@pytest.mark.parametrize("name", sorted(CODECS))
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_decode_after_encode_keeps_every_modelled_field(name: str, data: st.DataObject) -> None:
    """Same dialect: what we understand of a request we can say again."""
    conversation = data.draw(conversations(name))
    encoded = CODECS[name].encode_request(conversation, ModelInfo("m"), False)
    again = CODECS[name].decode_request(encoded.body)
    again = msgspec.structs.replace(again, model=again.model or conversation.model)  # Gemini's stands in the path

    assert comparable(again) == comparable(conversation)
    assert encoded.losses == ()


def comparable(conversation: Conversation) -> object:
    return json.loads(msgspec.json.encode(msgspec.to_builtins(conversation, builtin_types=(msgspec.Raw,))))


@pytest.mark.parametrize("there", sorted(CODECS))
@pytest.mark.parametrize("here", sorted(CODECS))
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_what_another_dialect_does_not_carry_is_a_loss(here: str, there: str, data: st.DataObject) -> None:
    """A client that is told of every loss can trust what it is not told of."""
    if here == there:
        return
    conversation = data.draw(conversations(here))
    encoded = CODECS[there].encode_request(conversation, ModelInfo("m"), True)
    again = CODECS[there].decode_request(encoded.body)
    said = conversation if CODECS[there].takes_free_text else without_free_text(conversation)

    faults = lost(said, again, [loss.field for loss in encoded.losses], encoded.names)
    assert unexcused(Outcome("request abroad", here, there, tuple(faults)))[0] == []


@pytest.mark.parametrize("there", sorted(CODECS))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_calls_and_results_pair_whatever_the_client_lost(there: str, data: st.DataObject) -> None:
    """Vendors that check refuse the whole request for one call without its result."""
    conversation = data.draw(st.sampled_from(sorted(CODECS)).flatmap(untidy_conversations))
    again = CODECS[there].decode_request(CODECS[there].encode_request(conversation, ModelInfo("m"), True).body)

    turns, unmatched = settled(again.messages)
    assert unmatched == []
    assert paired(again.messages) == paired(tuple(turns))


def paired(messages: Sequence[Message]) -> list[tuple[str, str]]:
    """Return calls and results in order, by id."""
    return [
        ("call", part.id) if isinstance(part, ToolCall) else ("result", part.call_id)
        for message in messages
        for part in message.parts
        if isinstance(part, (ToolCall, ToolResult))
    ]


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)


@pytest.mark.parametrize("name", sorted(DIALECTS))
@given(value=json_values)
def test_a_body_of_any_json_is_read_or_refused(name: str, value: object) -> None:
    """A client's mistake is answered with 400, never with 500."""
    refused_or_read(name, json.dumps(value).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", sorted(DIALECTS))
@given(body=st.binary(max_size=80))
def test_a_body_of_any_bytes_is_read_or_refused(name: str, body: bytes) -> None:
    refused_or_read(name, body)


@pytest.mark.parametrize("name", sorted(CODECS))
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_a_real_request_with_one_wrong_value_is_read_or_refused(name: str, data: st.DataObject) -> None:
    """The wrong type in the right place reaches further into a decoder than noise does."""
    body = json.loads(data.draw(st.sampled_from(REQUESTS[name])))
    holder, key = data.draw(st.sampled_from(places(body)))
    holder[key] = data.draw(json_values)
    refused_or_read(name, json.dumps(body).encode("utf-8", "surrogatepass"))


def places(value: Any) -> list[tuple[Any, Any]]:
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [(value, key) for key, _ in inner] + [place for _, held in inner for place in places(held)]


@pytest.mark.parametrize("name", sorted(DIALECTS))
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"model":"m","messages":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"model":"m","messages":[{"role":"user","content":'
        + b'[{"type":"x","a":' * 3000
        + b"1"
        + b"}]" * 3000
        + b"}]}",
        b'{"model":"m","messages":[{"role":"user","content":"\\ud83d"}]}',
        b'{"model":"m","messages":[{"role":"user","content":"\xed\xa0\xbd"}]}',
        b'{"model":1,"messages":{}}',
    ],
    ids=["empty", "nested lists", "nested parts", "lone surrogate", "surrogate in UTF-8", "wrong types"],
)
def test_a_hostile_body_is_read_or_refused(name: str, body: bytes) -> None:
    """Each of these brought a decoder down somewhere."""
    refused_or_read(name, body)


def refused_or_read(name: str, body: bytes) -> None:
    with contextlib.suppress(RequestError):
        DIALECTS[name].read_head(body, {})
    if name not in CODECS:
        return
    try:
        conversation = CODECS[name].decode_request(body)
    except RequestError:
        return
    for codec in CODECS.values():
        with contextlib.suppress(RequestError):
            codec.encode_request(conversation, ModelInfo("m"), False)
