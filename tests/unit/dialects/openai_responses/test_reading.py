"""What is read of events, replies and items that are not as they should be."""

from __future__ import annotations

import pytest
from msgspec import Raw

from cliproxy.dialects.openai_responses.reading import read_event, read_item, read_response


def test_an_event_with_one_wrong_field_keeps_its_kind_and_its_reply() -> None:
    event = read_event(b'{"type":"response.completed","output_index":"x","response":{"id":"r"}}')

    assert event is not None
    assert (event.type, bytes(event.response)) == ("response.completed", b'{"id":"r"}')


def test_broken_characters_are_mended() -> None:
    event = read_event(b'{"type":"response.output_text.delta","delta":"a\xff\\ud83d"}')

    assert event is not None
    assert event.delta == "a\ufffd\ufffd"


@pytest.mark.parametrize("data", [b"", b"[DONE]", b"5", b'{"type":[]}', b"[" * 5000])
def test_what_is_no_event_is_none(data: bytes) -> None:
    assert read_event(data) is None


def test_a_reply_is_read_field_by_field_where_one_is_wrong() -> None:
    response = read_response(b'{"id":"r","usage":"none","status":"completed","output":[{}],"new":1}')

    assert response is not None
    assert (response.id, response.usage, response.status) == ("r", None, "completed")
    assert response.output is not None


def test_what_is_no_reply_or_item_is_none() -> None:
    assert read_response(b"[]") is None
    assert read_item(Raw(b'{"type":5}')) is None
