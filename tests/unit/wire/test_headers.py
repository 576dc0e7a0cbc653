"""Headers of somebody else."""

from __future__ import annotations

import pytest

from cliproxy.wire.headers import LONGEST, MOST, MOST_READ, can_go_on, carried


def test_what_http_could_have_carried_stays() -> None:
    told = [("Retry-After", "5"), ("x-note", "é, \t and ✓"), ("x-blank", "")]

    assert list(carried(told).items()) == told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-evil", "a\r\nSet-Cookie: b=c"),
        ("x-evil", "a\nb"),
        ("x-evil", "a\x00b"),
        ("x-evil", "\x1b[2J"),
        ("x-evil", "\ud800"),
        ("x\r\nset-cookie", "1"),
        ("set-cookie:a=b", "1"),
        ("x y", "1"),
        ("", "1"),
        ("n" * 129, "1"),
        ("x-long", "a" * (LONGEST + 1)),
    ],
)
def test_what_would_be_more_than_one_header_or_none_is_left_out(name: str, value: str) -> None:
    """A page, or whoever speaks for an upstream, must not write into the head that a client reads."""
    assert carried([(name, value), ("x-good", "1")]) == {"x-good": "1"}


def test_there_are_not_too_many() -> None:
    assert len(carried((f"x-{number}", "1") for number in range(MOST * 10))) == MOST
    assert carried([("x y", "1")] * MOST_READ + [("x-late", "1")]) == {}


def test_bytes_that_are_no_text_go_on_as_they_came() -> None:
    """Old servers write Latin-1."""
    assert can_go_on("x-note", b"caf\xe9".decode(errors="surrogateescape"))
