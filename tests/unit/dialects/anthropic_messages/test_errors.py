"""Errors, heard and told."""

from __future__ import annotations

import pytest

from cliproxy.conversation.events import ReplyError
from cliproxy.dialects.anthropic_messages import DIALECT
from cliproxy.errors import GatewayError
from cliproxy.wire.frames import Framing
from tests.unit.dialects.anthropic_messages.home import CODEC


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            b'{"type":"error","error":{"type":"overloaded_error","message":"busy"}}',
            ReplyError("busy", "overloaded_error", 529),
        ),
        (b'{"error":{"type":"request_too_large","message":"big"}}', ReplyError("big", "request_too_large", 413)),
        (b'{"type":"error","error":{"message":{"a":1}}}', ReplyError('{"a":1}')),
        (b'{"type":"error","error":"no"}', ReplyError("no")),
        (b'{"type":"error"}', ReplyError("the upstream gave no reason")),
    ],
)
def test_an_error_is_heard_in_every_shape(body: bytes, error: ReplyError) -> None:
    """Also the one without its outer type, and those of servers that only imitate the API."""
    assert CODEC.decode_reply(body) == [error]


def test_an_error_is_told_alone_and_within_a_stream() -> None:
    error = GatewayError("no", status=429)

    assert DIALECT.encode_error(error, Framing.WHOLE) == (
        b'{"type":"error","error":{"type":"rate_limit_error","message":"no"}}'
    )
    assert DIALECT.encode_error(error, Framing.EVENT_STREAM).startswith(b"event: error\ndata: ")
