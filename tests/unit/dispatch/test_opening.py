"""The opening of a stream is held until content is sighted, and not for ever."""

from __future__ import annotations

import asyncio

from cliproxy.dialects.anthropic_messages import DIALECT
from cliproxy.dispatch.opening import LONGEST_HOLD, Opening
from cliproxy.wire.sse import EventStream

START = b'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":1}}}\n\n'
PING = b'event: ping\ndata: {"type":"ping"}\n\n'
WORDS = (
    b"event: content_block_delta\n"
    b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}\n\n'
)
REFUSAL = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'


def opening(hold_time: float | None = None) -> Opening:
    return Opening(DIALECT, EventStream(), hold_time)


def test_what_opens_a_stream_is_held_until_something_is_said() -> None:
    """Until then the attempt can fail and another account be asked."""
    held = opening()

    assert not held.feed(START)
    assert not held.feed(PING)
    assert held.feed(WORDS)
    assert held.release() == START + PING + WORDS


def test_a_refusal_in_the_opening_is_told() -> None:
    """It came under 200, and is a refusal all the same."""
    held = opening()

    assert not held.feed(START + REFUSAL)
    assert held.error is not None
    assert held.error.status == 529


def test_a_long_opening_goes_out() -> None:
    """The hold is bounded in size."""
    held = opening()
    pings = PING * (LONGEST_HOLD // len(PING))

    assert not held.feed(pings)
    assert held.feed(PING)


async def test_an_old_opening_goes_out_by_itself() -> None:
    """A client that is told nothing would hang up; the hold is bounded in time, too."""
    held, sent = opening(0.02), asyncio.Event()

    async def flush() -> None:
        sent.set()

    async with held.time_limit(lambda: None if held.release() == START else sent.clear(), flush):
        held.feed(START)
        await asyncio.wait_for(sent.wait(), 1)

    assert held.is_released


async def test_an_opening_that_comes_late_is_not_held_at_all() -> None:
    """The time counts from the answer's head, not from the first frame."""
    held = opening(0.01)

    async def flush() -> None:
        raise AssertionError("nothing was held yet")

    async with held.time_limit(lambda: None, flush):
        await asyncio.sleep(0.03)

        assert held.feed(START)


async def test_where_keep_alives_go_out_the_hold_goes_on() -> None:
    """They tell the client to wait, so that failing over stays possible."""
    held = opening(None)

    async def flush() -> None:
        raise AssertionError("the hold has no end in time")

    async with held.time_limit(lambda: None, flush):
        await asyncio.sleep(0.01)

        assert not held.feed(START)
