"""Simulated upstreams as a transport."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import msgspec
import pytest

from cliproxy.simulator import CutAt, Delay, Drip, Fault, Hang, Refuse, Script, Upstream
from cliproxy.simulator.answer import Call
from cliproxy.simulator.faults import Match, Rule
from cliproxy.testing.loop import run
from cliproxy.testing.transport import SimulatedTransport
from cliproxy.transport.base import BrokenOff, TooLong, Unreachable
from cliproxy.wire.http import HttpRequest

T = TypeVar("T")

HEADERS = (("Authorization", "Bearer sk-1"), ("Content-Type", "application/json"))


def asking(*, stream: bool = False, host: str = "api.example") -> HttpRequest:
    said = [{"role": "user", "content": "one two three"}]
    body = msgspec.json.encode({"model": "simulated", "messages": said, "stream": stream})
    return HttpRequest("POST", f"https://{host}/v1/chat/completions?beta=a%20b", HEADERS, body)


def played(upstream: Upstream, story: Callable[[SimulatedTransport], Coroutine[Any, Any, T]], **more: Any) -> T:
    async def told() -> T:
        transport = SimulatedTransport({"api.example": upstream.answer}, **more)
        result = await story(transport)
        assert transport.open == 0
        return result

    return run(told(), 1)


def failing(fault: Fault) -> Upstream:
    return Upstream(script=Script(Rule(Match(), fault)))


async def read(transport: SimulatedTransport) -> bytes:
    async with await transport.send(asking()) as response:
        return await response.read(10_000)


def only(upstream: Upstream) -> Call:
    [call] = upstream.calls
    return call


def test_a_reply_arrives_whole() -> None:
    """The upstream sees the request as a socket would bring it."""
    upstream = Upstream()
    assert b"one two three" in played(upstream, read)

    call = only(upstream)
    assert (call.path, call.query, call.key) == ("/v1/chat/completions", {"beta": "a b"}, "sk-1")
    assert (call.finished, call.abandoned) == (True, False)
    assert call.sent > 0


def test_headers_are_found_in_any_case() -> None:
    """As they are behind a socket."""

    async def story(transport: SimulatedTransport) -> list[str]:
        async with await transport.send(asking()) as response:
            assert response.status == 429
            return [response.headers[name] for name in ("Retry-After", "retry-after")]

    assert played(failing(Refuse(429, headers={"Retry-After": "5"})), story) == ["5", "5"]


def test_frames_arrive_in_their_time() -> None:
    """One at a time, each after its pause."""

    async def story(transport: SimulatedTransport) -> list[float]:
        loop, times = asyncio.get_running_loop(), []
        async with await transport.send(asking(stream=True)) as response:
            await response.pump(lambda _: times.append(loop.time()), soon)
        return times

    times = played(Upstream(pace=2.0), story)
    assert times == [2.0 * number for number in range(len(times))]
    assert len(times) > 3


def test_an_upstream_waits_for_a_client_that_lags() -> None:
    """Back-pressure: nothing is read while the flush has not come back."""

    async def story(transport: SimulatedTransport) -> float:
        async with await transport.send(asking(stream=True)) as response:
            await response.pump(lambda _: None, lambda: asyncio.sleep(10))
        return asyncio.get_running_loop().time()

    upstream = Upstream()
    assert played(upstream, story) > 30
    assert only(upstream).finished


@pytest.mark.parametrize("fault", [Delay(60), Drip(5, 1.0)], ids=["head", "body"])
def test_leaving_is_seen_by_the_upstream(fault: Fault) -> None:
    """A client that leaves frees what it had asked for, wherever that was."""

    async def story(transport: SimulatedTransport) -> None:
        task = asyncio.create_task(read(transport))
        await asyncio.sleep(10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    upstream = failing(fault)
    played(upstream, story)
    assert (only(upstream).finished, only(upstream).abandoned) == (False, True)


@pytest.mark.parametrize(
    ("fault", "error", "timed_out"),
    [(CutAt(None), "reset", False), (Hang(), "did not answer in time", True), (Delay(300), "in time", True)],
)
def test_no_head_is_no_answer(fault: Fault, error: str, timed_out: bool) -> None:
    """Somebody else can be asked."""
    with pytest.raises(Unreachable, match=error) as caught:
        played(failing(fault), read)
    assert caught.value.timed_out is timed_out


@pytest.mark.parametrize(("fault", "error"), [(CutAt(20), "broke off"), (Hang(20), "silent")])
def test_a_body_that_does_not_end_is_broken_off(fault: Fault, error: str) -> None:
    """What came until then was handed on."""

    async def story(transport: SimulatedTransport) -> bytes:
        body = bytearray()
        async with await transport.send(asking()) as response:
            with pytest.raises(BrokenOff, match=error):
                await response.pump(body.extend, soon)
        return bytes(body)

    assert len(played(failing(fault), story)) == 20


def test_an_unknown_host_cannot_be_reached() -> None:
    """As it is where names are resolved."""

    async def story(transport: SimulatedTransport) -> None:
        await transport.send(asking(host="elsewhere.example"))

    with pytest.raises(Unreachable, match="could not be reached"):
        played(Upstream(), story)


def test_a_body_has_its_bound() -> None:
    """As it has behind a socket."""

    async def story(transport: SimulatedTransport) -> None:
        async with await transport.send(asking()) as response:
            with pytest.raises(TooLong):
                await response.read(10)

    played(Upstream(), story)


def soon() -> Awaitable[None]:
    return asyncio.sleep(0)
