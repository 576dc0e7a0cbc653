"""A Messages request or reply, read and written in its own dialect, and what conversations become in it."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from cliproxy.conversation.assemble import Assembler
from cliproxy.conversation.events import ReplyEnd, ReplyStart, StreamEvent, UsageUpdate
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.reply import Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Conversation, Message, Part, Role, Text
from cliproxy.dialects.anthropic_messages import DIALECT
from cliproxy.dialects.base import ReplyContext, RequestHead
from cliproxy.testing.grammar import reply_violations, violations
from cliproxy.testing.recordings import frames_of
from tests.unit.dialects.translating import UNKNOWN, Body, codec_of

CODEC = codec_of(DIALECT)
STOPPED = Finish(FinishReason.STOP)


def decoded(**fields: Any) -> Conversation:
    """Return what a request says."""
    hello = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
    return CODEC.decode_request(json.dumps(hello | fields).encode())


def written_at_home(**fields: Any) -> Body:
    """Return the request as it is written again."""
    encoded = CODEC.encode_request(decoded(**fields), UNKNOWN, False)
    assert encoded.losses == ()
    result: Body = json.loads(encoded.body)
    return result


def abroad(conversation: Conversation) -> Conversation:
    """Return the same conversation as a client of another vendor said it."""
    return msgspec.structs.replace(conversation, origin="elsewhere")


def encoded(conversation: Conversation, model: ModelInfo = UNKNOWN) -> tuple[Body, list[str]]:
    """Return the request that a conversation becomes, and what was lost."""
    done = CODEC.encode_request(conversation, model, False)
    return json.loads(done.body), [loss.field for loss in done.losses]


def saying(*parts: Part, role: Role = Role.USER, **fields: Any) -> Conversation:
    """Return a conversation of another dialect with one turn after a greeting."""
    turns = (Message(Role.USER, (Text("hi"),)), Message(role, parts))
    return Conversation("elsewhere", "m", messages=turns, **fields)


def context(request: Conversation | None = None) -> ReplyContext:
    """Return what an encoder of replies needs."""
    return ReplyContext(RequestHead("asked", stream=True), request, "x1", 1_700_000_000.0)


def replied(*parts: Part, within: ReplyContext | None = None, **fields: Any) -> Body:
    """Return a whole reply with these parts, which the grammar allows."""
    reply = msgspec.structs.replace(Reply("r", "m", parts, STOPPED, Usage()), **fields)
    body = CODEC.encode_reply(reply, within or context())
    assert reply_violations(DIALECT.name, body) == []
    result: Body = json.loads(body)
    return result


def streamed(*events: StreamEvent, within: ReplyContext | None = None) -> list[Body]:
    """Return the events of a stream between its start and its end, which the grammar allows."""
    encoder = CODEC.stream_encoder(within or context())
    all_of_it = (ReplyStart("r", "m"), *events, UsageUpdate(Usage(1, output_tokens=1)), ReplyEnd(STOPPED))
    frames = frames_of([unit for event in all_of_it for unit in encoder.feed(event)])
    assert violations(DIALECT.name, frames) == []
    return [json.loads(frame.data) for frame in frames][1:-2]


def heard(*content: Body, **fields: Any) -> Reply:
    """Return what a whole reply says."""
    body = {"type": "message", "id": "r", "model": "m", "content": list(content), "stop_reason": "end_turn"} | fields
    assembler = Assembler()
    for event in CODEC.decode_reply(json.dumps(body).encode()):
        assembler.feed(event)
    assert assembler.error is None
    return assembler.reply
