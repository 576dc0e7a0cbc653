"""The frames between the gateway and a page."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.wire.http import HttpRequest
from cliproxy.wire.relay import Payload, pong_frame, read_frame, request_frame

REQUEST = HttpRequest(
    "POST",
    "https://api.example/v1?alt=sse",
    (("Content-Type", "application/json"), ("Accept", "text/event-stream"), ("x-key", "secret")),
    '{"text":"ü"}'.encode(),
)


def test_a_call() -> None:
    """Of the headers only what the page's browser cannot know."""
    assert json.loads(request_frame("1", REQUEST, 1_800_000_000.25)) == {
        "id": "1",
        "type": "http_request",
        "payload": {
            "method": "POST",
            "url": "https://api.example/v1?alt=sse",
            "headers": {"Content-Type": ["application/json"]},
            "body": '{"text":"ü"}',
            "sent_at": "2027-01-15T08:00:00.250000Z",
        },
    }


@pytest.mark.parametrize(
    ("payload", "status", "headers", "text"),
    [
        (
            '{"status":201,"headers":{"A":["1","2"],"B":"3","C":[],"D":4},"body":"x"}',
            201,
            {"a": "1, 2", "b": "3"},
            b"x",
        ),
        ('{"status":"404","data":"\\u00fc"}', 404, {}, "ü".encode()),
        ('{"status":429.0,"headers":null,"body":null}', 429, {}, b""),
        ('{"status":99999}', 0, {}, b""),
        ('{"status":1e400}', 0, {}, b""),
        ('{"status":"odd"}', 0, {}, b""),
        ("{}", 0, {}, b""),
        ('{"data":"\\ud83d"}', 0, {}, "\N{REPLACEMENT CHARACTER}".encode()),
    ],
)
def test_what_a_page_says(payload: str, status: int, headers: dict[str, str], text: bytes) -> None:
    frame = read_frame(b'{"id":"1","type":"t","payload":%b}' % payload.encode())

    assert frame is not None
    assert (frame.id, frame.type) == ("1", "t")
    assert (frame.status, frame.headers, frame.text) == (status, headers, text)


@pytest.mark.parametrize("payload", ["null", "7", '{"body":7}', '{"headers":[]}'])
def test_a_payload_that_cannot_be_read_is_none(payload: str) -> None:
    """The frame still says which call it is about, so that nobody waits for that."""
    frame = read_frame(b'{"id":"1","type":"http_response","payload":%b}' % payload.encode())

    assert frame is not None
    assert frame.id == "1"
    assert frame.payload is None


def test_the_words_of_an_error_are_bounded() -> None:
    frame = read_frame(json.dumps({"id": "1", "type": "error", "payload": {"error": "x" * 100_000}}).encode())

    assert frame is not None
    assert len(frame.words) == 1000


def test_a_pong_has_the_id_of_its_ping() -> None:
    ping = read_frame(b'{"id":"7","type":"ping"}')

    assert ping is not None
    assert json.loads(pong_frame(ping)) == {"id": "7", "type": "pong"}


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.recursive(st.none() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_whatever_comes_is_read_or_not(data: bytes) -> None:
    """A page can say anything; nothing of it is raised."""
    frame = read_frame(data)

    assert frame is None or isinstance(frame.payload, Payload | None)


def test_headers_that_http_could_not_carry_are_passed_over() -> None:
    """A page must not write into the head of another answer."""
    frame = read_frame(b'{"id":"1","type":"stream_start","payload":{"headers":{"A":"1\\r\\nB: 2","C:D":"3","E":"4"}}}')

    assert frame is not None
    assert frame.headers == {"e": "4"}
