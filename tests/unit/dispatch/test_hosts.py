"""One request at a provider with several hosts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import pytest

from cliproxy.dispatch.hosts import ask
from cliproxy.simulator.answer import Answer, Request, whole
from cliproxy.testing.transport import SimulatedTransport
from cliproxy.transport.base import Unreachable
from cliproxy.wire.http import HttpRequest

FULL = whole(503, {}, b'{"error":{"message":"No capacity available for model m"}}')
BUSY = whole(503, {}, b'{"error":{"message":"Try again later"}}')
LIMITED = whole(429, {}, b"slow down")
FINE = whole(200, {}, b"fine")
BAD = whole(400, {}, b"bad")
REQUEST = HttpRequest("POST", "https://one.example/v1?alt=sse", (), b"{}")


class Scene:
    """Hosts that answer as they are told, one answer after the other; a host without any is not there."""

    def __init__(self, *answers: Sequence[Answer]) -> None:
        self.asked: list[str] = []
        self.slept: list[float] = []
        self.urls = [f"https://h{number}.example/v1?alt=sse" for number in range(len(answers))]
        self.transport = SimulatedTransport(
            {f"h{number}.example": self._host(number, list(one)) for number, one in enumerate(answers) if one}
        )

    def _host(self, number: int, answers: list[Answer]):  # type: ignore[no-untyped-def]
        def answer(request: Request) -> Answer:
            self.asked.append(f"h{number}")
            return answers.pop(0)

        return answer

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    async def ask(self, rounds: int = 4) -> tuple[int, bytes]:
        async with await ask(REQUEST, self.urls, self.transport, self.sleep, rounds=rounds) as response:
            body = await response.read(1000)
        assert self.transport.open == 0
        return response.status, body


@pytest.mark.parametrize(
    ("first", "second", "asked", "status"),
    [
        ([FINE], [FINE], ["h0"], 200),
        ([BAD], [FINE], ["h0"], 400),
        ([BUSY], [FINE], ["h0"], 503),
        ([LIMITED], [FINE], ["h0", "h1"], 200),
        ([FULL], [FINE], ["h0", "h1"], 200),
        ([], [FINE], ["h1"], 200),
        ([LIMITED], [LIMITED], ["h0", "h1"], 429),
        ([LIMITED], [BAD], ["h0", "h1"], 400),
        ([FULL], [BUSY], ["h0", "h1"], 503),
    ],
)
async def test_the_next_host_is_asked_where_one_does_not_serve(
    first: list[Answer], second: list[Answer], asked: list[str], status: int
) -> None:
    """What it means is one verdict: the last host's."""
    scene = Scene(first, second)

    assert (await scene.ask())[0] == status
    assert scene.asked == asked
    assert scene.slept == []


async def test_when_none_has_capacity_all_are_asked_again() -> None:
    scene = Scene([FULL, FULL, FULL], [FULL, FULL, FINE])

    assert await scene.ask() == (200, b"fine")
    assert scene.asked == ["h0", "h1"] * 3
    assert scene.slept == [0.25, 0.5]


async def test_rounds_come_to_an_end_with_the_upstream_s_words() -> None:
    scene = Scene([FULL] * 20, [FULL] * 20)
    status, body = await scene.ask(rounds=10)

    assert (status, b"No capacity" in body) == (503, True)
    assert len(scene.asked) == 20
    assert scene.slept == [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.0]


async def test_a_last_host_that_is_not_there_is_the_answer() -> None:
    scene = Scene([LIMITED], [])
    with pytest.raises(Unreachable):
        await scene.ask()


@pytest.mark.parametrize("answers", [([LIMITED], [FULL, FINE]), ([FULL, FINE], [FULL]), ([BUSY], [FINE])])
async def test_who_leaves_at_any_moment_leaves_no_call_behind(answers: Sequence[Sequence[Answer]]) -> None:
    for moment in range(100):
        scene = Scene(*answers)
        asking = asyncio.create_task(scene.ask())
        for _ in range(moment):
            await asyncio.sleep(0)
        if not asking.cancel():
            assert moment > 1
            break
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        assert scene.transport.open == 0
    else:
        raise AssertionError("it never came to its end")


async def test_one_host_is_asked_as_it_stands() -> None:
    """Nothing is read ahead, and nothing repeated."""
    scene = Scene([FULL])

    assert (await scene.ask())[0] == 503
    assert scene.asked == ["h0"]
