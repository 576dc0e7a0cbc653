"""Talks of several requests, over a transport that answers as it is told."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from typing import Self

import pytest
from multidict import CIMultiDict

from cliproxy.testing.clock import HandClock
from cliproxy.transport.base import BrokenOff, TooLong, TransportError, Unreachable
from cliproxy.transport.steps import LONGEST_ANSWER, Unanswered, drive
from cliproxy.wire.http import Ask, Headers, HttpRequest, HttpResponse, Steps, Wait, fetched, told


def request(name: str) -> HttpRequest:
    return HttpRequest("POST", f"https://acme.example/{name}", (), b"")


class Response:
    """An answer with a body, or one that breaks off."""

    def __init__(self, body: bytes | TransportError) -> None:
        self.status = 200
        self.headers: Headers = CIMultiDict({"X-Y": "z"})
        self._body = body

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def read(self, longest: int) -> bytes:
        if isinstance(self._body, TransportError):
            raise self._body
        if len(self._body) > longest:
            raise TooLong("too long")
        return self._body

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        raise NotImplementedError


class Answering:
    """A transport that gives one answer after the other; a number is how long it hangs."""

    def __init__(self, *answers: bytes | TransportError | float) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def send(self, request: HttpRequest) -> Response:
        self.asked.append(request.url.rpartition("/")[2])
        one = self._answers.pop(0)
        if isinstance(one, float):
            await asyncio.sleep(one)
            return Response(b"late")
        if isinstance(one, Unreachable):
            raise one
        return Response(one)

    async def close(self) -> None:
        pass


def two_calls() -> Steps[bytes]:
    first = yield from fetched(request("a"))
    yield Wait(5)
    second = yield from fetched(request("b"))
    return first.body + b" " + second.body + b" " + second.headers["x-y"].encode()


async def test_requests_pauses_and_answers_alternate() -> None:
    clock, transport = HandClock(), Answering(b"one", b"two")

    assert await drive(two_calls(), transport, clock.sleep) == b"one two z"
    assert transport.asked == ["a", "b"]
    assert clock.slept == [5]


@pytest.mark.parametrize(
    "trouble",
    [Unreachable("refused"), BrokenOff("cut"), b"x" * (LONGEST_ANSWER + 1), 60.0],
    ids=lambda one: str(one)[:9],
)
async def test_an_answer_that_does_not_come_ends_the_talk(trouble: bytes | TransportError | float) -> None:
    with pytest.raises(Unanswered):
        await drive(two_calls(), Answering(trouble), HandClock().sleep, seconds=0.01)


async def test_an_answer_may_be_compressed_though_nobody_asked_for_that() -> None:
    """Some servers do; and a bomb stays small."""
    packed = gzip.compress(b"one"), gzip.compress(b"x" * (2 * LONGEST_ANSWER))
    one, bomb, _ = (await drive(two_calls(), Answering(*packed), HandClock().sleep)).split(b" ")

    assert (one, len(bomb)) == (b"one", LONGEST_ANSWER)
    broken = packed[0][:2] + b"broken"
    assert await drive(two_calls(), Answering(broken, b"two"), HandClock().sleep) == broken + b" two z"


async def test_all_answers_together_have_a_time() -> None:
    """Else a server could hold a refresh for ever by answering slowly, again and again."""
    with pytest.raises(Unanswered):
        await drive(two_calls(), Answering(0.03, 0.03), HandClock().sleep, seconds=0.05)


async def test_steps_may_go_on_without_an_answer() -> None:
    """What was granted before must not be lost over what comes after."""

    def forgiving() -> Steps[str]:
        granted = yield from fetched(request("a"))
        try:
            yield request("b")
        except ConnectionError:
            return f"{granted.body.decode()} alone"
        return "both"

    assert await drive(forgiving(), Answering(b"token", Unreachable("x")), HandClock().sleep) == "token alone"


async def test_who_is_cancelled_closes_the_steps() -> None:
    closed = asyncio.Event()

    def careful() -> Steps[HttpResponse]:
        try:
            return (yield from fetched(request("a")))
        finally:
            closed.set()

    driving = asyncio.create_task(drive(careful(), Answering(60.0), HandClock().sleep))
    await asyncio.sleep(0)
    driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving
    assert closed.is_set()


def asking() -> Steps[str]:
    project = yield from told(Ask("Which project?", ("one", "two"), default="one"))
    answered = yield from fetched(request(project))
    return f"{project} at {answered.at}"


async def test_a_question_goes_to_whoever_started_the_talk() -> None:
    asked: list[str] = []

    async def ask(question: Ask) -> str:
        asked.append(question.question)
        return " two "

    clock, transport = HandClock(), Answering(b"", b"")
    driven = drive(asking(), transport, clock.sleep, clock=lambda: 12.0, ask=ask)

    assert await driven == "two at 12.0"
    assert (asked, transport.asked) == (["Which project?"], ["two"])


async def test_where_nobody_sits_the_default_holds() -> None:
    assert (await drive(asking(), Answering(b""), HandClock().sleep)).startswith("one at ")
