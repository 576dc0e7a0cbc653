"""An upstream fails after content has left: the client is told within the stream, and nothing looks like success."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self

import pytest

from cliproxy.simulator import CutAt, Drip, EndAt, Fault, Hang, RefuseInside
from cliproxy.transport.base import UpstreamResponse
from cliproxy.transport.http import HttpTransport
from cliproxy.usage.record import Outcome
from cliproxy.wire.http import Headers, HttpRequest
from tests.gateway.asking import (
    CHAT,
    FIRST,
    GEMINI,
    MESSAGES,
    RELAYED_STREAMS,
    RESPONSES,
    SAID,
    SECOND,
    STREAMS,
    Scene,
    Way,
    eventually,
    upstream_and_gateway,
)
from tests.gateway.reading import error_of, error_within, text_of

every_stream = pytest.mark.parametrize("way", STREAMS, ids=str)
FRAMES = {CHAT: 4, RESPONSES: 8, MESSAGES: 6, GEMINI: 3}  # with content in them, and without the end
LAST_FRAMES = {CHAT: b'"finish_reason":"stop"', RESPONSES: b"event: response.completed", MESSAGES: b"event: message_d"}


async def place_in_stream(scene: Scene, way: Way, share: float) -> int:
    """Return how many bytes of the upstream's stream are that share of it; another key is asked next."""
    await scene.ask(way)
    sent = scene.upstream.calls[-1].sent
    scene.upstream.calls.clear()
    scene.gateway.records.clear()
    return int(sent * share)


@every_stream
@pytest.mark.parametrize("broken", [CutAt, EndAt], ids=["reset", "ended early"])
@pytest.mark.parametrize("share", [0.55, 0.7])
async def test_a_stream_that_breaks_off(share: float, broken: Callable[[int], Fault], way: Way) -> None:
    """
    A clean end in the middle of a reply is as bad as a reset.

    Programs run the tool calls of a reply they believe to be complete. The other credential is not asked, since nothing
    can be spliced; the one that broke off rests.
    """
    async with upstream_and_gateway() as scene:
        scene.fails(broken(await place_in_stream(scene, way, share)), key=SECOND)

        assert error_within(way, await scene.ask(way))
        assert scene.asked == [SECOND]
        assert text_of(way, await scene.ask(way)) == SAID
        assert text_of(way, await scene.ask(way)) == SAID
        assert scene.asked == [SECOND, FIRST, FIRST]
        assert scene.gateway.records[0].outcome is Outcome.FAILED


@every_stream
async def test_an_upstream_that_falls_silent(way: Way) -> None:
    transport = HttpTransport(connect_timeout=1, idle_timeout=0.12)
    async with upstream_and_gateway(transport=transport) as scene:
        scene.fails(Hang(await place_in_stream(scene, way, 0.6)), key=SECOND)

        assert "silent" in error_within(way, await scene.ask(way))
        await eventually(lambda: scene.upstream.calls[0].abandoned)


@pytest.mark.parametrize("way", [way for way in STREAMS if way.model != GEMINI], ids=str)
async def test_an_end_without_the_last_frame(way: Way) -> None:
    """All the words have come, but nothing that says so: nobody can know that these were all."""
    async with upstream_and_gateway() as scene:
        whole = await scene.ask(Way(way.model, "stream"))
        frame = whole.body.rfind(b"\n\n", 0, whole.body.index(LAST_FRAMES[way.model])) + 2
        scene.fails(EndAt(frame), key=SECOND)

        assert error_within(way, await scene.ask(way))


@every_stream
async def test_a_refusal_in_mid_stream_is_passed_on_once(way: Way) -> None:
    """In the client's dialect, and with the upstream's words."""
    async with upstream_and_gateway() as scene:
        scene.fails(RefuseInside(500, "The line is down.", frames=FRAMES[way.model]), key=FIRST)

        assert error_within(way, await scene.ask(way)) == "The line is down."
        assert scene.asked == [FIRST]
        await scene.ask(way)
        await scene.ask(way)
        assert scene.asked == [FIRST, SECOND, SECOND]


@every_stream
async def test_a_key_that_an_upstream_repeats_in_mid_stream_is_cut_out(way: Way) -> None:
    """Clients must not learn the accounts' keys, whoever says them."""
    async with upstream_and_gateway() as scene:
        scene.fails(RefuseInside(500, f"No more for {FIRST}.", frames=FRAMES[way.model]), key=FIRST)
        reply = await scene.ask(way)

        assert error_within(way, reply) == "No more for ***."
        assert FIRST.encode() not in reply.body


@every_stream
async def test_a_reset_after_the_last_frame_harms_nobody(way: Way) -> None:
    """Some servers drop the connection where they should end the body; the reply is complete all the same."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        place = await place_in_stream(scene, way, 1)
        scene.fails(CutAt(place - (2 if way.form == "array" else 0)))  # there, ahead of the bracket

        assert text_of(way, await scene.ask(way)) == SAID
        assert [record.outcome for record in scene.gateway.records] == [Outcome.SUCCEEDED]
        assert scene.gateway.records[0].usage.output_tokens == 5


@every_stream
@pytest.mark.parametrize("size", [1, 7])
async def test_a_drip_is_a_stream(size: int, way: Way) -> None:
    """Frames are whole again, however they arrive."""
    async with upstream_and_gateway() as scene:
        scene.fails(Drip(size, 0))

        assert text_of(way, await scene.ask(way)) == SAID
        assert scene.asked == [FIRST]


class Faulty:
    """A transport with a fault of its own: after the first chunk it raises what nobody expects."""

    def __init__(self) -> None:
        self.real = HttpTransport(connect_timeout=1, idle_timeout=5)

    async def send(self, request: HttpRequest) -> FaultyResponse:
        return FaultyResponse(await self.real.send(request))

    async def close(self) -> None:
        await self.real.close()


class FaultyResponse:
    """An answer that ends in an exception."""

    def __init__(self, response: UpstreamResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Headers = response.headers

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._response.__aexit__(*error)

    async def read(self, longest: int) -> bytes:
        raise RuntimeError("nobody expects this")

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        await self._response.pump(into, flush)
        raise RuntimeError("nobody expects this")


@pytest.mark.parametrize("way", RELAYED_STREAMS, ids=str)
async def test_a_fault_of_ours_in_mid_stream(way: Way) -> None:
    """It ends one stream with an error in it; a second response head in the middle of a body would end sense."""
    async with upstream_and_gateway(keys=(FIRST,), transport=Faulty()) as scene:
        scene.fails(EndAt(await place_in_stream(scene, way, 0.6)))

        assert error_within(way, await scene.ask(way)) == "the gateway failed; its log says why"


async def test_a_fault_of_ours_before_the_head() -> None:
    async with upstream_and_gateway(keys=(FIRST,), transport=Faulty()) as scene:
        reply = await scene.ask(Way(CHAT))

        assert reply.status == 500
        assert error_of(Way(CHAT), reply) == "the gateway failed; its log says why"
