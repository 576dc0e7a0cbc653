"""A talk of several requests, driven to its end: what `login` describes as steps happens here."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from cliproxy.transport.base import Transport, TransportError
from cliproxy.wire.http import Ask, HttpRequest, HttpResponse, Steps, Wait

LONGEST_ANSWER = 1024 * 1024  # bytes; token servers answer a few hundred
LONGEST_TALK = 30.0  # seconds, pauses not counted

_GZIP, _WITH_HEADER = b"\x1f\x8b", 31  # how it begins; zlib's word for it

T = TypeVar("T")

Asked = Callable[[Ask], Awaitable[str]]
"""Puts a question to whoever started a talk, and returns what he says; "" means the default."""


async def nobody(ask: Ask) -> str:
    """Say nothing, so that defaults hold: nobody sits there."""
    return ""


class Unanswered(TransportError, ConnectionError):  # noqa: N818 (a state of the talk)
    """A request got no answer, or half of one. Steps that can go on without it catch it as a ConnectionError."""


async def drive(
    steps: Steps[T],
    transport: Transport,
    sleep: Callable[[float], Awaitable[None]],
    *,
    seconds: float = LONGEST_TALK,
    clock: Callable[[], float] = time.time,
    ask: Asked = nobody,
) -> T:
    """
    Send what the steps ask for, hand them the answers, and return what they come to.

    Args:
        steps: What is to be said.
        transport: How it is sent.
        sleep: Waits so many seconds, where the steps pause.
        seconds: All their requests together may take so long; pauses and questions do not count.
        clock: Gives the unix time that answers are stamped with.
        ask: Who answers their questions.

    Raises what the steps raise, and Unanswered where they let that pass.
    """
    left = seconds
    answer: HttpResponse | Unanswered | str | None = None
    try:
        while True:
            try:
                step = steps.throw(answer) if isinstance(answer, Unanswered) else steps.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Wait):
                await sleep(step.seconds)
                answer = None
                continue
            if isinstance(step, Ask):
                answer = await ask(step)
                continue
            began = asyncio.get_running_loop().time()
            answer = await _answer(step, transport, left, clock)
            left -= asyncio.get_running_loop().time() - began
    finally:
        steps.close()


async def _answer(
    request: HttpRequest, transport: Transport, seconds: float, clock: Callable[[], float]
) -> HttpResponse | Unanswered:
    try:
        async with asyncio.timeout(seconds), await transport.send(request) as response:
            body = _plain(await response.read(LONGEST_ANSWER))
            return HttpResponse(response.status, response.headers, body, clock())
    except TimeoutError:
        return Unanswered(f"{request.url.split('/', 3)[2]} did not answer in time")
    except TransportError as error:
        return Unanswered(str(error))


def _plain(body: bytes) -> bytes:
    """Unpack what was compressed though nobody asked for that: a new token must not be lost over it."""
    if not body.startswith(_GZIP):
        return body
    try:
        return zlib.decompressobj(_WITH_HEADER).decompress(body, LONGEST_ANSWER)
    except zlib.error:
        return body
