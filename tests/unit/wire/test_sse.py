"""Event streams."""

from __future__ import annotations

import pytest

from cliproxy.wire import sse
from cliproxy.wire.frames import LONGEST_FRAME, Frame, FrameTooLong
from cliproxy.wire.sse import EventStream, has_comments, rewritten


@pytest.mark.parametrize(
    ("block", "frames"),
    [
        (b"data: a\n\n", [Frame("", b"a")]),
        (b"data:a\n\n", [Frame("", b"a")]),
        (b"event: x\ndata: a\n\n", [Frame("x", b"a")]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [Frame("", b"a"), Frame("", b"b")]),
        (b"data: a\r\rdata: b\r\r", [Frame("", b"a"), Frame("", b"b")]),
        (b"data: a\ndata: b\n\n", [Frame("", b"a\nb")]),
        (b": comment\n\n", []),
        (b": comment\ndata: a\n\n", [Frame("", b"a")]),
        (b"id: 1\nretry: 5\ndata: a\n\n", [Frame("", b"a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [Frame("", b"a")]),
        (b"data: a", [Frame("", b"a")]),
        (b"event: x\n\n", []),
        (b"data: \n\n", [Frame("", b"")]),
        (b"\n\ndata: a\n\n\n\n", [Frame("", b"a")]),
    ],
)
def test_events_are_read_as_the_standard_says(block: bytes, frames: list[Frame]) -> None:
    """Upstreams use every freedom it gives, and a few that it does not."""
    assert EventStream().frames(block) == frames


def test_what_is_framed_is_read_back() -> None:
    assert EventStream().frames(sse.frame(b"{}", "ping")) == [Frame("ping", b"{}")]
    assert EventStream().frames(sse.frame(b"{}")) == [Frame("", b"{}")]


def test_half_an_event_is_kept_until_the_rest_comes() -> None:
    """A cut in the middle must never reach the client before the error that follows it."""
    stream = EventStream()

    assert stream.feed(b"data: a\n\ndata: b") == b"data: a\n\n"
    assert stream.feed(b"\n") == b""
    assert stream.feed(b"\ndata: c") == b"data: b\n\n"
    assert stream.close() == b"data: c"


def test_an_endless_event_is_refused() -> None:
    """An upstream that never ends a line must not fill the memory."""
    stream = EventStream()
    stream.feed(b"data: ")

    with pytest.raises(FrameTooLong):
        stream.feed(b"x" * LONGEST_FRAME)


def test_events_are_written_again_without_what_stands_between_them() -> None:
    """Gemini's clients take a comment for data and break."""
    block = b': hello\n\nevent: a\ndata: 1\ndata: 2\n\n: ping\n\ndata: {"b":":"}\n\n'

    assert has_comments(block)
    assert rewritten(EventStream().frames(block)) == b'event: a\ndata: 1\ndata: 2\n\ndata: {"b":":"}\n\n'


def test_a_colon_inside_data_is_no_comment() -> None:
    """Else every event would be written anew."""
    assert not has_comments(b'data: {"a":":"}\n\ndata: :\n\n')
