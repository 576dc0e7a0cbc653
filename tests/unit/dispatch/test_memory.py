"""Replies kept by id, for requests that go on from one."""

from __future__ import annotations

import re

import pytest

from cliproxy.dialects.base import Continuing, Heard
from cliproxy.dispatch.kept import Bounds
from cliproxy.dispatch.memory import KeptReplies, Remembered, ReplyTap
from cliproxy.errors import RequestError
from cliproxy.wire.frames import Frame
from cliproxy.wire.sse import EventStream


@pytest.fixture
def kept() -> KeptReplies:
    replies = KeptReplies()
    replies.keep("ann", "r1", [b"q1", b"a1"], account="first", now=0)
    replies.keep("ann", "r2", [b"q2", b"a2"], before="r1", account="second", now=0)
    replies.keep("ann", "r2b", [b"q2b", b"a2b"], before="r1", now=0)
    return replies


def test_all_that_was_said_comes_back_in_order(kept: KeptReplies) -> None:
    assert kept.recall("ann", "r2", now=1) == Remembered("second", (b"q1", b"a1", b"q2", b"a2"))


def test_a_conversation_may_branch(kept: KeptReplies) -> None:
    assert kept.recall("ann", "r2b", now=1) == Remembered("", (b"q1", b"a1", b"q2b", b"a2b"))


def test_nobody_goes_on_from_what_another_was_told(kept: KeptReplies) -> None:
    assert kept.recall("bob", "r1", now=1) is None


def test_half_a_memory_is_none() -> None:
    """The first turn was driven out: what is left must not pass for all of it."""
    replies = KeptReplies(Bounds(entries=1, size=10_000, total_size=10_000, lifetime=60.0))
    replies.keep("ann", "r1", [b"q1"], now=0)
    replies.keep("ann", "r2", [b"q2"], before="r1", now=0)

    assert replies.recall("ann", "r2", now=0) is None


def test_the_account_may_know_what_was_said_before_our_time() -> None:
    """After a restart the beginning is not known here; who made the last reply is."""
    replies = KeptReplies()
    replies.keep("ann", "r2", [b"q2"], before="resp_of_yesterday", account="first", now=0)

    assert replies.recall("ann", "r2", now=0) == Remembered("first", None)


def test_a_circle_ends() -> None:
    replies = KeptReplies()
    replies.keep("ann", "r1", [b"q1"], before="r2", now=0)
    replies.keep("ann", "r2", [b"q2"], before="r1", now=0)

    assert replies.recall("ann", "r2", now=0) is None


def heard(frame: Frame) -> Heard | None:
    if frame.event == "item":
        return Heard((frame.data,))
    return Heard(tuple(frame.data.split()), id="r1") if frame.event == "end" else None


CONTINUING = Continuing(
    items=lambda body: (body,),
    continued=lambda body, before: b"".join([*before, body]),
    is_taken_back=bool,
    heard=heard,
    signs=re.compile(rb"item|end"),
    not_found=RequestError,
)


def tapped(stream: bytes) -> ReplyTap:
    cutter = EventStream()
    tap = ReplyTap(CONTINUING, cutter.frames)
    tap.feed(cutter.feed(stream))
    return tap


def test_a_tap_hears_the_end() -> None:
    tap = tapped(b"event: start\ndata: x\n\nevent: item\ndata: a\n\nevent: end\ndata: a b\n\n")

    assert (tap.id, tap.items) == ("r1", [b"a", b"b"])


def test_items_count_where_the_end_repeats_none() -> None:
    tap = tapped(b"event: item\ndata: a\n\nevent: item\ndata: b\n\nevent: end\ndata:\n\n")

    assert (tap.id, tap.items) == ("r1", [b"a", b"b"])


def test_a_reply_that_broke_off_has_no_id() -> None:
    assert tapped(b"event: item\ndata: a\n\n").id == ""
