"""
Every recorded reply, written in every dialect, whole and as a stream: the official SDKs must be able to read it.

And what they read is the same whichever way it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest

from cliproxy.conversation.declared import AsDeclared
from cliproxy.conversation.events import ReplyError, StreamEvent
from cliproxy.conversation.request import Tool
from cliproxy.dialects.base import Codec, ReplyContext, RequestHead
from cliproxy.errors import RequestError
from cliproxy.testing.recordings import decoded, request_of
from tests.clients.readers import FAILED, STREAMS, WHOLE
from tests.properties.replaying import CODECS, assembled, every_recording

pytestmark = pytest.mark.client

RECORDINGS = {
    name: recording
    for name, recording in every_recording(list(CODECS)).items()
    if recording.response.status == 200 and recording.response.text is None
}

PASSED_ON = {  # what an upstream sent in its client's own dialect in a form that the SDK's types do not have, and why
    ("openai_responses", "openai_responses/xai-fixtures-xai-code-execution-tool-1"): "xAI's own form of an item",
    ("anthropic_messages", "anthropic_messages/whole-mcp"): "a beta's blocks, which only the SDK's beta types know",
}

every_reply = pytest.mark.parametrize("name", RECORDINGS)
every_dialect = pytest.mark.parametrize("dialect", [dialect for dialect in STREAMS if dialect in CODECS])


@every_reply
@every_dialect
def test_the_sdk_reads_it_whole_and_streamed(name: str, dialect: str) -> None:
    """Its types are strict here, and its own adding up must come to the same as one body."""
    if reason := PASSED_ON.get((dialect, name)):
        pytest.skip(reason)
    events, tools = _told(name)
    context = ReplyContext(RequestHead("asked", stream=True), None, "exchange1", 1_700_000_000.0)
    declared = _declared(events, tools, dialect)
    encoder = CODECS[dialect].stream_encoder(context)

    streamed = STREAMS[dialect]([unit for event in declared for unit in encoder.feed(event)])

    if isinstance(events[-1], ReplyError):
        assert streamed == FAILED
        return
    body = CODECS[dialect].encode_reply(assembled(declared).reply, context)
    assert streamed == WHOLE[dialect](body)


@cache
def _told(name: str) -> tuple[list[StreamEvent], tuple[Tool, ...]]:
    """Return what a recording's reply says, and the tools that its client had declared."""
    recording, codec = RECORDINGS[name], CODECS[name.partition("/")[0]]
    return decoded(codec, recording), _tools(codec, request_of(recording))


def _tools(codec: Codec, request: bytes | None) -> tuple[Tool, ...]:
    try:
        return () if request is None else tuple(codec.decode_request(request).functions)
    except RequestError:
        return ()


def _declared(events: Sequence[StreamEvent], tools: tuple[Tool, ...], dialect: str) -> list[StreamEvent]:
    """Return the events as an encoder is given them: calls in words only where its dialect has such."""
    declared = AsDeclared(tools, {}, takes_free_text=CODECS[dialect].takes_free_text)
    return [put for event in events for put in declared.feed(event)]
