"""
Calls that a web page makes for us: one that dialled in, in a browser where somebody has logged in.

All calls of a page go over its one socket, whose reader hands every frame to `Page.heard` and reads no further until
that returns. Nothing of an answer is dropped. What a client has not taken yet is kept, up to `MOST_KEPT`; beyond that
the socket is read no further until there is room again, which holds up the page's other calls. So a call may do that
for `PATIENCE` in all; then it breaks off, and its client is told. The protocol has no word for giving a call up: one
that is left is forgotten, and what the page still says of it is passed over.

Source: `reference` sheet `providers/aistudio` section c (read 2026-11-21).
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable

from cliproxy.transport.base import Unreachable
from cliproxy.transport.relay_response import RelayResponse
from cliproxy.wire import relay
from cliproxy.wire.http import HttpRequest

MOST_KEPT = 16 * 1024 * 1024  # bytes of an answer that wait for its client
PATIENCE = 10.0  # seconds
IDLE_TIMEOUT = 300.0  # seconds

Say = Callable[[bytes], Awaitable[None]]
"""Sends a text frame to a page. Raises ConnectionError where it is gone."""

_GONE = "the page that makes its calls is not connected any more"


class RelayTransport:
    """Has pages make calls. The `channel` of a request says which page."""

    def __init__(
        self,
        *,
        idle_timeout: float = IDLE_TIMEOUT,
        most_kept: int = MOST_KEPT,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """
        Make a transport without pages.

        Args:
            idle_timeout: Seconds of silence after which an answer counts as broken off; before its head, as none.
            most_kept: Bytes of an answer that may wait for its client.
            patience: Seconds for which one call may hold up the others of its page.
            clock: Unix time.
        """
        self._idle_timeout = idle_timeout
        self._most_kept = most_kept
        self._patience = patience
        self._clock = clock
        self._pages: dict[str, Page] = {}

    def configure(self, *, idle_timeout: float) -> None:
        """Wait so long from now on; calls in flight are not concerned."""
        self._idle_timeout = idle_timeout

    def join(self, channel: str, say: Say) -> Page:
        """Return a page that calls go to from now on; one that had its channel before leaves."""
        if channel in self._pages:
            self._pages[channel].leave()
        page = self._pages[channel] = Page(say)
        return page

    def part(self, channel: str, page: Page) -> None:
        """Send no more calls to a page; those in flight break off."""
        if self._pages.get(channel) is page:
            del self._pages[channel]
        page.leave()

    async def send(self, request: HttpRequest) -> RelayResponse:
        """Return the answer once its head is there. Raises Unreachable."""
        page = self._pages.get(request.channel)
        if page is None:
            raise Unreachable(_GONE)
        call_id = secrets.token_hex(16)
        accept = next((value for name, value in request.headers if name.lower() == "accept"), "")
        response = RelayResponse(
            accept,
            idle_timeout=self._idle_timeout,
            most_kept=self._most_kept,
            patience=self._patience,
            on_leaving=lambda: page.forget(call_id),
        )
        page.begin(call_id, response)
        try:
            await page.say(relay.request_frame(call_id, request, self._clock()))
            await response.head()
        except BaseException as error:
            response.leave()
            if isinstance(error, ConnectionError):
                raise Unreachable(_GONE) from None
            raise
        return response

    async def close(self) -> None:
        """Have all pages leave."""
        for channel, page in tuple(self._pages.items()):
            self.part(channel, page)


class Page:
    """One page, and the calls that it is making."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self._calls: dict[str, RelayResponse] = {}
        self._fewer = asyncio.Event()

    def begin(self, call_id: str, response: RelayResponse) -> None:
        """Await an answer."""
        self._calls[call_id] = response

    def forget(self, call_id: str) -> None:
        """Await it no more."""
        self._calls.pop(call_id, None)
        self._fewer.set()

    async def quiet(self) -> None:
        """Wait until it makes no calls."""
        while self._calls:
            self._fewer.clear()
            await self._fewer.wait()

    async def heard(self, data: bytes) -> None:
        """Take a frame in. Returns when the next one may be read; what cannot be read concerns nobody."""
        frame = relay.read_frame(data)
        if frame is None:
            return
        if frame.type == relay.PING:
            await self.say(relay.pong_frame(frame))
            return
        call = self._calls.get(frame.id)
        if call is None:
            return
        call.heard(frame)
        if call.is_over:
            self.forget(frame.id)
        elif call.is_full and not await call.has_room():
            self.forget(frame.id)
            call.break_off("the client took the answer in too slowly for the page that fetched it")

    def leave(self) -> None:
        """Make no more calls; those in flight break off."""
        for call_id, call in tuple(self._calls.items()):
            call.break_off("the page that made the call has left")
            self.forget(call_id)
