"""
Keeps the list of known models current, where the operator names an address for it; never of its own accord.

A list that cannot be had, or is not whole, changes nothing. The last good one is kept in the store, and counts at the
next start until the address has answered again.

Source: `models.json`, `remote_refresh` of its meta: what a list must hold, and how long to wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from cliproxy.routing.known import KnownModels, ModelListError
from cliproxy.stores.base import STATE, NotThere, Store, StoreError
from cliproxy.transport.base import Transport, TransportError
from cliproxy.wire.http import HttpRequest

KEY = STATE + "models"
LARGEST_LIST = 8 * 1024 * 1024  # bytes; the one that came along has 60 kB
LONGEST_TALK = 30.0  # seconds
HOUR = 3600.0  # seconds

Renewed = Callable[[KnownModels], None]


class ModelList:
    """The list of known models, and where it is renewed from."""

    def __init__(
        self,
        store: Store,
        transport: Transport,
        renewed: Renewed,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        longest_talk: float = LONGEST_TALK,
    ) -> None:
        """
        Make ready.

        Args:
            store: Where the last good list is kept.
            transport: How the address is asked.
            renewed: Told of each list that differs from the one before.
            sleep: Waits, in seconds.
            longest_talk: Seconds the address has to answer.
        """
        self._store = store
        self._transport = transport
        self._renewed = renewed
        self._sleep = sleep
        self._longest_talk = longest_talk
        self._current = b""
        self._log = structlog.get_logger()

    async def kept(self) -> KnownModels | None:
        """Return the last good list of an earlier run, or None where there is none."""
        try:
            document = await self._store.read(KEY)
            known = KnownModels.renewed(document.data)
        except NotThere:
            return None
        except (StoreError, ModelListError) as error:
            self._log.warning("kept list of models cannot be used", why=str(error))
            return None
        self._current = document.data
        return known

    async def run(self, url: str, hours: float) -> None:
        """Renew the list now, and again every so many hours, for as long as this runs. Without an address: nothing."""
        while url:
            await self.renew(url)
            await self._sleep(hours * HOUR)

    async def renew(self, url: str) -> bool:
        """Ask an address for the list, and tell whether it is another one than before."""
        try:
            data = await self._fetched(url)
            if data == self._current:
                return False
            known = KnownModels.renewed(data)
        except (TransportError, TimeoutError, ModelListError) as error:
            self._log.warning("list of models not renewed", why=str(error) or "no answer in time", then="it stays")
            return False
        self._current = data
        self._renewed(known)
        self._log.info("list of models renewed", models=known.size)
        try:
            await self._store.write(KEY, data)
        except StoreError as error:
            self._log.warning("list of models cannot be kept", why=str(error))
        return True

    async def _fetched(self, url: str) -> bytes:
        request = HttpRequest("GET", url, (("Accept", "application/json"), ("Accept-Encoding", "identity")), b"")
        async with asyncio.timeout(self._longest_talk), await self._transport.send(request) as response:
            if response.status != 200:
                raise ModelListError(f"the answer's status is {response.status}")
            return await response.read(LARGEST_LIST)
