"""How many tokens a request has."""

from __future__ import annotations

import json

import pytest

from cliproxy.dialects.anthropic_messages import DIALECT
from tests.unit.dialects.translating import UNKNOWN


def test_what_does_not_count_is_not_asked_about() -> None:
    """The API refuses limits and sampling here."""
    assert DIALECT.counting is not None
    tool = {"name": "f", "input_schema": {"type": "object", "properties": {}}}
    asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "tools": [tool], "temperature": 1}
    conversation = DIALECT.counting.decode_request(json.dumps(asked).encode())
    encoded = DIALECT.counting.encode_request(conversation, UNKNOWN)

    assert json.loads(encoded.body).keys() == {"model", "messages", "tools"}
    assert encoded.losses == ()


@pytest.mark.parametrize(("body", "count"), [(b'{"input_tokens":7}', 7), (b"{}", None), (b"<html>", None)])
def test_a_count_is_heard(body: bytes, count: int | None) -> None:
    assert DIALECT.counting is not None
    assert DIALECT.counting.decode_reply(body) == count


def test_a_count_is_told() -> None:
    assert DIALECT.counting is not None
    assert DIALECT.counting.encode_reply(7) == b'{"input_tokens":7}'
