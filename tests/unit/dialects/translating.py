"""A request or a reply, taken from one dialect to the other, as JSON."""

from __future__ import annotations

import json
from typing import Any

from cliproxy.conversation.assemble import Assembler
from cliproxy.conversation.model import ModelInfo
from cliproxy.dialects.anthropic_messages import DIALECT as MESSAGES
from cliproxy.dialects.base import Codec, Dialect, ReplyContext, RequestHead
from cliproxy.dialects.openai_chat import DIALECT as CHAT
from cliproxy.testing.recordings import frames_of
from cliproxy.wire.frames import Frame

CONTEXT = ReplyContext(RequestHead("asked", stream=True), None, "exchange1", 1_700_000_000.0)
UNKNOWN = ModelInfo("m")
Body = dict[str, Any]


def codec_of(dialect: Dialect) -> Codec:
    assert dialect.codec is not None
    return dialect.codec


def requested(here: Dialect, there: Dialect, body: Body, model: ModelInfo = UNKNOWN) -> tuple[Body, list[str]]:
    """Return the request in the other dialect, and what was lost."""
    conversation = codec_of(here).decode_request(json.dumps({"model": "m"} | body).encode())
    encoded = codec_of(there).encode_request(conversation, model, False)
    return json.loads(encoded.body), [loss.field for loss in encoded.losses]


def to_messages(body: Body, model: ModelInfo = UNKNOWN) -> tuple[Body, list[str]]:
    return requested(CHAT, MESSAGES, body, model)


def to_chat(body: Body, model: ModelInfo = UNKNOWN) -> tuple[Body, list[str]]:
    return requested(MESSAGES, CHAT, {"max_tokens": 100} | body, model)


def streamed(here: Dialect, there: Dialect, payloads: list[Any], context: ReplyContext = CONTEXT) -> list[Frame]:
    """Return the client's frames for an upstream's payloads."""
    decoder, encoder = codec_of(here).stream_decoder(), codec_of(there).stream_encoder(context)
    events = [
        event
        for payload in payloads
        for event in decoder.feed(
            Frame("", payload.encode() if isinstance(payload, str) else json.dumps(payload).encode())
        )
    ]
    return frames_of([unit for event in [*events, *decoder.close()] for unit in encoder.feed(event)])


def payloads_of(frames: list[Frame]) -> list[Any]:
    return [json.loads(frame.data) for frame in frames if frame.data != b"[DONE]"]


def whole(here: Dialect, there: Dialect, body: Body, context: ReplyContext = CONTEXT) -> Body:
    """Return a whole reply in the other dialect."""
    assembler = Assembler()
    for event in codec_of(here).decode_reply(json.dumps(body).encode()):
        assembler.feed(event)
    assert assembler.error is None, assembler.error
    result: Body = json.loads(codec_of(there).encode_reply(assembler.reply, context))
    return result
