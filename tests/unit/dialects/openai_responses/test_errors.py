"""Responses errors: a body before a stream, an event inside one."""

from __future__ import annotations

import msgspec

from cliproxy.dialects.openai_responses import DIALECT
from cliproxy.dialects.openai_responses.errors import told
from cliproxy.errors import GatewayError
from cliproxy.wire.frames import Framing
from cliproxy.wire.sse import EventStream

ERROR = GatewayError("slow down", status=429)


def test_before_a_stream_it_is_the_family_s_body() -> None:
    """HTTP errors have the shape of chat's."""
    body = msgspec.json.decode(DIALECT.encode_error(ERROR, Framing.WHOLE))

    assert body["error"]["message"] == "slow down"
    assert body["error"]["code"] == "rate_limit_exceeded"


def test_inside_a_stream_it_is_an_event_of_its_own() -> None:
    """Its name is repeated in the data, and code and message stand at the top."""
    [frame] = EventStream().frames(DIALECT.encode_error(ERROR, Framing.EVENT_STREAM))
    data = msgspec.json.decode(frame.data)

    assert frame.event == data["type"] == "error"
    assert (data["code"], data["message"]) == ("rate_limit_exceeded", "slow down")


def test_a_code_that_clients_act_on_stays() -> None:
    """A coding agent makes its context shorter when it reads this one."""
    error = GatewayError("too long", status=400, code="context_length_exceeded")

    assert told(error) == {"code": "context_length_exceeded", "message": "too long"}
