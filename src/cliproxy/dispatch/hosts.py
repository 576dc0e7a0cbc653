"""
One request at a provider that has several hosts: where one does not serve, the next is asked, within one attempt.

A host that cannot be reached or limits the rate has the next one asked. One that says it has no capacity too; and
when all of them said so, they are asked again after a short pause, as long as there are rounds. Whatever else a host
answers counts, and so does what the last one says.

Source: `reference` sheet `providers/antigravity` section c (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from cliproxy.dispatch.exchange import Sleep
from cliproxy.transport.base import Transport, TransportError, Unreachable, UpstreamResponse
from cliproxy.transport.whole import WholeResponse
from cliproxy.wire.http import HttpRequest

FIRST_PAUSE = 0.25  # seconds; each further one is longer by so much
LONGEST_PAUSE = 2.0

_LIMITED, _OVERLOADED = 429, 503
_NO_CAPACITY = b"no capacity available"
_LONGEST_REFUSAL = 1024 * 1024  # bytes


async def ask(
    request: HttpRequest, urls: Sequence[str], transport: Transport, sleep: Sleep, *, rounds: int
) -> UpstreamResponse:
    """
    Return the answer that counts.

    Args:
        request: What is asked.
        urls: The request's address at each host, in the order in which they are asked.
        transport: How.
        sleep: Waits so many seconds.
        rounds: How often all of them may be asked.

    Raises:
        Unreachable: The last host gave no answer.
    """
    if len(urls) == 1:
        return await transport.send(request if urls[0] == request.url else structs.replace(request, url=urls[0]))
    number = 1
    while True:
        response = await _first_that_serves(request, urls, transport)
        if number >= rounds or not _has_no_capacity(response):
            return response
        await sleep(min(FIRST_PAUSE * number, LONGEST_PAUSE))
        number += 1


async def _first_that_serves(request: HttpRequest, urls: Sequence[str], transport: Transport) -> UpstreamResponse:
    """Return the first answer that counts, or the last host's."""
    for url in urls[:-1]:
        try:
            response = await _answer(structs.replace(request, url=url), transport)
        except Unreachable:
            continue
        if response.status != _LIMITED and not _has_no_capacity(response):
            return response
        async with response:
            pass  # nobody reads it
    return await _answer(structs.replace(request, url=urls[-1]), transport)


async def _answer(request: HttpRequest, transport: Transport) -> UpstreamResponse:
    """Return an answer; that of an overloaded host with its words, for they tell whether it has no capacity."""
    response = await transport.send(request)
    if response.status != _OVERLOADED:
        return response
    async with response:
        try:
            body = await response.read(_LONGEST_REFUSAL)
        except TransportError:
            body = b""
    return WholeResponse(response.status, response.headers, body)


def _has_no_capacity(response: UpstreamResponse) -> bool:
    return (
        response.status == _OVERLOADED and isinstance(response, WholeResponse) and _NO_CAPACITY in response.body.lower()
    )
