"""Errors and listings as all of OpenAI's APIs have them."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.events import ReplyError
from cliproxy.conversation.model import ModelInfo
from cliproxy.dialects.openai_family import (
    encode_error,
    error_object,
    list_models,
    read_error,
    read_error_body,
    show_model,
)
from cliproxy.errors import GatewayError
from cliproxy.wire.frames import Framing


@pytest.mark.parametrize(
    ("status", "code", "kind", "told"),
    [
        (400, "", "invalid_request_error", None),
        (401, "", "authentication_error", "invalid_api_key"),
        (418, "", "invalid_request_error", None),
        (429, "", "rate_limit_error", "rate_limit_exceeded"),
        (429, "insufficient_quota", "rate_limit_error", "insufficient_quota"),
        (429, "rate_limit_error", "rate_limit_error", "rate_limit_exceeded"),
        (400, "context_length_exceeded", "invalid_request_error", "context_length_exceeded"),
        (529, "overloaded_error", "server_error", "internal_server_error"),
    ],
)
def test_an_error_has_the_family_s_type_and_code(status: int, code: str, kind: str, told: str | None) -> None:
    """A code that its clients act on stays; another vendor's word gives way."""
    body = error_object(GatewayError("m", status=status, code=code))

    assert (body["type"], body["code"], body["message"]) == (kind, told, "m")


def test_an_error_within_a_stream_is_framed() -> None:
    error = GatewayError("m", status=400)

    assert encode_error(error, Framing.EVENT_STREAM) == b"data: %b\n\n" % encode_error(error, Framing.WHOLE)


@pytest.mark.parametrize(
    ("error", "read"),
    [
        (
            {"message": "no", "type": "rate_limit_error", "code": None},
            ReplyError("no", "rate_limit_error", 429),
        ),
        ({"message": "no", "code": 503}, ReplyError("no", "503", 503)),
        ({"message": "no", "code": "context_length_exceeded"}, ReplyError("no", "context_length_exceeded", 400)),
        ({"code": "odd"}, ReplyError("the upstream gave no reason", "odd", 0)),
        ({"code": "²²²"}, ReplyError("the upstream gave no reason", "²²²", 0)),
        ({"code": "9" * 5000}, ReplyError("the upstream gave no reason", "9" * 5000, 0)),
        ("no", ReplyError("no")),
    ],
    ids=str,
)
def test_an_error_is_read_in_every_shape(error: object, read: ReplyError) -> None:
    assert read_error(json.dumps(error).encode()) == read


@pytest.mark.parametrize("body", [b"", b"{}", b'{"error":{}}', b'{"error":""}', b'{"error":null}', b"[]"])
def test_a_body_without_an_error_has_none(body: bytes) -> None:
    assert read_error_body(body) is None


def test_models_are_listed() -> None:
    model = ModelInfo("m", created=5, owned_by="o")
    told = {"id": "m", "object": "model", "created": 5, "owned_by": "o"}

    assert json.loads(show_model(model)) == told
    assert json.loads(list_models([model])) == {"object": "list", "data": [told]}
