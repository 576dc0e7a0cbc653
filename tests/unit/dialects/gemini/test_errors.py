"""Errors, both ways."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.events import ReplyError
from cliproxy.dialects.gemini.errors import encode_error, reply_error
from cliproxy.dialects.gemini.reply_schema import Error
from cliproxy.errors import GatewayError
from cliproxy.wire.frames import Framing


@pytest.mark.parametrize(
    ("status", "word"),
    [(400, "INVALID_ARGUMENT"), (401, "UNAUTHENTICATED"), (418, "INVALID_ARGUMENT"), (429, "RESOURCE_EXHAUSTED"),
     (500, "INTERNAL"), (502, "INTERNAL"), (503, "UNAVAILABLE")],
)  # fmt: skip
def test_a_status_has_a_word(status: int, word: str) -> None:
    body = json.loads(encode_error(GatewayError("no", status=status), Framing.WHOLE))

    assert body == {"error": {"code": status, "message": "no", "status": word}}


def test_within_a_stream_an_error_is_an_event() -> None:
    assert encode_error(GatewayError("no", status=503), Framing.EVENT_STREAM).startswith(b'data: {"error":')


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Error(429, "slow down", "RESOURCE_EXHAUSTED"), ReplyError("slow down", "RESOURCE_EXHAUSTED", 429)),
        (Error("429", "slow down", "UNAVAILABLE"), ReplyError("slow down", "UNAVAILABLE", 503)),
        (Error(), ReplyError("the upstream gave no reason")),
        ("overloaded", ReplyError("overloaded")),
        ("", ReplyError("the upstream gave no reason")),
    ],
)
def test_an_error_is_read(error: Error | str, told: ReplyError) -> None:
    assert reply_error(error) == told
