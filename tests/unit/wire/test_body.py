"""Bodies, edited at the top and mended where clients cut characters in half."""

from __future__ import annotations

import msgspec
import pytest

from cliproxy.errors import RequestError
from cliproxy.wire.body import close_body, mended, open_body, put, read_leniently, readable, settled


def test_an_edit_leaves_everything_below_as_it_was() -> None:
    """Numbers keep their spelling and strings their escapes: caches and signatures depend on it."""
    top = open_body(b'{"model":"a","messages":[{"n":1.0,"big":1e400,"s":"\\u00e9<&>"}]}')
    put(top, "model", "b")

    assert close_body(top) == b'{"model":"b","messages":[{"n":1.0,"big":1e400,"s":"\\u00e9<&>"}]}'


@pytest.mark.parametrize("body", [b"[]", b"{", b"1", b"", b'{"\xff":1}', b"[" * 100_000])
def test_what_is_no_object_is_the_client_s_fault(body: bytes) -> None:
    with pytest.raises(RequestError):
        open_body(body)


def test_half_a_surrogate_pair_becomes_a_replacement_character() -> None:
    """Clients cut an emoji in the middle when they shorten a tool's output."""
    assert readable(b'{"a":"\\ud83d","b":"\\ud83d\\ude00","c":"\\\\ud83d"}') == (
        b'{"a":"\\ufffd","b":"\\ud83d\\ude00","c":"\\\\ud83d"}'
    )


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"{", b'{"a":"\\u12"}', b'{"a":"\\ud8\xc2\x80\xc2\x80"}', b"[" * 100_000]
)
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(RequestError):
        readable(body)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"{}", b"{}"),
        ("{'é'}".encode(), "{'é'}".encode()),
        (b'{"\xff":1}', '{"\ufffd":1}'.encode()),
        (b'{\r\n"a"\r:\n1}', b'{  "a" : 1}'),
    ],
)
def test_only_what_is_not_utf8_or_ends_a_line_is_replaced(sent: bytes, read: bytes) -> None:
    """A value that is left raw is not looked at by the decoder, and would fail much later, or end an event."""
    assert settled(sent) == read


def test_an_upstream_s_broken_bytes_are_replaced() -> None:
    assert mended(b'{"a":"\xff\\udc00"}') == '{"a":"\ufffd\\ufffd"}'.encode()


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b'{"a":"b"}', {"a": "b"}),
        (b'{"a":"\xff"}', {"a": "\ufffd"}),
        (b'{"a":"\\ud800"}', {"a": "\ufffd"}),
        (b'{"a":', None),
        (b"[1]", None),
    ],
)
def test_what_an_upstream_sent_is_read_as_far_as_it_can_be(data: bytes, read: object) -> None:
    """A stream is not broken off for half a character."""
    assert read_leniently(msgspec.json.Decoder(dict[str, str]).decode, data) == read
