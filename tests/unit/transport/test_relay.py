"""Calls that a page makes: its side of the story is told by frames, and nothing of an answer is dropped."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from cliproxy.transport.base import BrokenOff, TooLong, Unreachable
from cliproxy.transport.relay import Page, RelayTransport
from cliproxy.transport.relay_response import RelayResponse
from cliproxy.wire.http import Carrier, HttpRequest

CHANNEL = "aistudio-1"
REQUEST = HttpRequest(
    "POST", "https://api.example/", (("Accept", "text/event-stream"),), b"{}", "", Carrier.RELAY, CHANNEL
)
LONGEST = 1_000_000


class Told:
    """A page that is told of calls, and says what the test has it say."""

    def __init__(self, relay: RelayTransport) -> None:
        self.frames: list[dict[str, Any]] = []
        self.page: Page = relay.join(CHANNEL, self._say)

    async def says(self, type_: str, call: int = 0, **payload: Any) -> None:
        frame = {"id": self.frames[call]["id"], "type": type_, **({"payload": payload} if payload else {})}
        await self.page.heard(json.dumps(frame).encode())

    async def _say(self, data: bytes) -> None:
        self.frames.append(json.loads(data))


async def begun(relay: RelayTransport, told: Told, **payload: Any) -> RelayResponse:
    """Return an answer of which the head is there."""
    number = len(told.frames)
    sending = asyncio.create_task(relay.send(REQUEST))
    await asyncio.sleep(0)
    await told.says("stream_start", number, **payload)
    return await sending


async def test_an_answer_in_pieces() -> None:
    relay = RelayTransport(clock=lambda: 0.0)
    told = Told(relay)
    response = await begun(relay, told, status=203, headers={"X-Odd": ["1"]})
    pieces: list[bytes] = []

    pumping = asyncio.create_task(response.pump(pieces.append, _at_once))
    for data in ("one ", "two ", "three"):
        await told.says("stream_chunk", data=data)
        await asyncio.sleep(0.001)
    await told.says("stream_end")
    await pumping

    assert (response.status, response.headers["x-odd"]) == (203, "1")
    assert response.headers["Content-Type"] == "text/event-stream"
    assert pieces == [b"one ", b"two ", b"three"]


async def test_without_a_page_there_is_no_answer() -> None:
    with pytest.raises(Unreachable, match="not connected"):
        await RelayTransport().send(REQUEST)


async def test_a_page_that_cannot_be_told() -> None:
    relay = RelayTransport()

    async def say(data: bytes) -> None:
        raise ConnectionResetError

    relay.join(CHANNEL, say)
    with pytest.raises(Unreachable, match="not connected"):
        await relay.send(REQUEST)


async def test_a_page_that_does_not_answer() -> None:
    relay = RelayTransport(idle_timeout=0.02)
    told = Told(relay)
    with pytest.raises(Unreachable) as error:
        await relay.send(REQUEST)

    assert error.value.timed_out
    await told.says("stream_chunk", data="late")  # is passed over
    await asyncio.wait_for(told.page.quiet(), 1)


async def test_a_page_that_falls_silent() -> None:
    relay = RelayTransport(idle_timeout=0.02)
    response = await begun(relay, Told(relay))

    with pytest.raises(BrokenOff, match="silent"):
        await response.read(LONGEST)


async def test_a_page_that_leaves() -> None:
    """What it has said is had; that there is no more is known then."""
    relay = RelayTransport()
    told = Told(relay)
    response = await begun(relay, told)
    waiting = asyncio.create_task(relay.send(REQUEST))
    await asyncio.sleep(0)
    await told.says("stream_chunk", data="some")
    relay.part(CHANNEL, told.page)
    pieces: list[bytes] = []

    with pytest.raises(BrokenOff, match="has left"):
        await response.pump(pieces.append, _at_once)
    assert pieces == [b"some"]
    with pytest.raises(Unreachable, match="has left"):
        await waiting
    with pytest.raises(Unreachable):
        await relay.send(REQUEST)


async def test_a_page_that_takes_another_ones_channel() -> None:
    """The calls of the one before break off; that it parts later does not concern the other."""
    relay = RelayTransport()
    before = Told(relay)
    response = await begun(relay, before)
    after = Told(relay)

    with pytest.raises(BrokenOff):
        await response.read(LONGEST)
    relay.part(CHANNEL, before.page)
    await (await begun(relay, after)).__aexit__()


async def test_a_long_answer_is_not_read_whole() -> None:
    relay = RelayTransport()
    told = Told(relay)
    response = await begun(relay, told)
    await told.says("stream_chunk", data="x" * 100)

    with pytest.raises(TooLong):
        await response.read(99)


async def test_a_client_that_lags_holds_up_the_page_until_it_has_made_room() -> None:
    relay = RelayTransport(most_kept=1000, patience=5)
    told = Told(relay)
    response = await begun(relay, told)
    await told.says("stream_chunk", data="x" * 900)
    saying = asyncio.create_task(told.says("stream_chunk", data="y" * 2))
    await asyncio.sleep(0.02)
    assert not saying.done()

    async def end() -> None:
        await saying
        await told.says("stream_end")

    ending = asyncio.create_task(end())
    assert await response.read(LONGEST) == b"x" * 900 + b"yy"
    await ending


async def test_a_client_that_makes_no_room_loses_its_answer() -> None:
    """And is told so; the page's other calls go on."""
    relay = RelayTransport(most_kept=1000, patience=0.03)
    told = Told(relay)
    lagging, other = await begun(relay, told), await begun(relay, told)
    await told.says("stream_chunk", data="x" * 2000)
    await told.says("stream_chunk", data="late")
    await told.says("http_response", 1, status=200, body="well")

    assert await other.read(LONGEST) == b"well"
    with pytest.raises(BrokenOff, match="too slowly"):
        await lagging.read(LONGEST)


async def test_a_call_cannot_hold_up_others_again_and_again() -> None:
    """Its patience is for all of it, not for each frame."""
    relay = RelayTransport(most_kept=10, patience=0.05)
    told = Told(relay)
    response = await begun(relay, told)
    pieces: list[bytes] = []

    async def slowly() -> None:
        await asyncio.sleep(0.03)

    pumping = asyncio.create_task(response.pump(pieces.append, slowly))
    for _ in range(20):
        await told.says("stream_chunk", data="x" * 10)
        await told.says("stream_chunk", data="x" * 10)

    with pytest.raises(BrokenOff, match="too slowly"):
        await asyncio.wait_for(pumping, 2)


async def test_a_client_that_leaves_holds_up_nobody() -> None:
    relay = RelayTransport(most_kept=10, patience=60)
    told = Told(relay)
    response = await begun(relay, told)
    saying = asyncio.create_task(told.says("stream_chunk", data="x" * 11))
    await asyncio.sleep(0.01)
    await response.__aexit__()

    await asyncio.wait_for(saying, 1)
    await asyncio.wait_for(told.page.quiet(), 1)


async def test_a_caller_that_gives_up_before_the_head_is_forgotten() -> None:
    relay = RelayTransport()
    told = Told(relay)
    sending = asyncio.create_task(relay.send(REQUEST))
    await asyncio.sleep(0)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    await asyncio.wait_for(told.page.quiet(), 1)


async def test_what_belongs_to_no_call_is_passed_over() -> None:
    relay = RelayTransport()
    told = Told(relay)
    response = await begun(relay, told)
    for data in (b"", b"[]", b'{"id":"x","type":"stream_end"}', b'{"type":"odd"}', b"\xff"):
        await told.page.heard(data)
    await told.says("odd", data="odd")
    await told.says("stream_start", status=500)
    await told.says("stream_chunk", data="well")
    await told.says("stream_end")

    assert response.status == 200
    assert await response.read(LONGEST) == b"well"


async def _at_once() -> None:
    pass
