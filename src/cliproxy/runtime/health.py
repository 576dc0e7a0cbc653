"""
The pool's health, kept between runs: who rests until when and why, what was used of quotas, who must log in again.

It is written a little after it changed, so that no request waits for a disk. A crash forgets the last seconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import structlog

from cliproxy.credentials.pool import CredentialPool, Saved
from cliproxy.stores.base import STATE, NotThere, Store, StoreError

KEY = f"{STATE}health"
SAVE_EVERY = 2.0  # seconds, while it changes

_decode = msgspec.json.Decoder(Saved).decode
_encode = msgspec.json.Encoder().encode


class HealthKeeper:
    """Keeps a pool's health in a store."""

    def __init__(
        self,
        store: Store,
        pool: CredentialPool,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._sleep = sleep
        self._saved = pool.changes
        self._has_complained = False
        self._log = structlog.get_logger()

    async def restore(self) -> None:
        """Give the pool what was kept; what cannot be read is as if nothing was."""
        try:
            document = await self._store.read(KEY)
            self._pool.restore(_decode(document.data), now=self._clock())
        except NotThere:
            pass
        except (StoreError, msgspec.DecodeError, UnicodeDecodeError) as error:
            self._log.warning("health was not kept", why=str(error), then="every account is asked as if it were rested")
        self._saved = self._pool.changes

    async def run(self) -> None:
        """Save for as long as this runs."""
        while True:
            await self._sleep(SAVE_EVERY)
            await self.save()

    async def save(self) -> None:
        """Save what changed since the last time."""
        changes = self._pool.changes
        if changes == self._saved:
            return
        try:
            await self._store.write(KEY, _encode(self._pool.saved(now=self._clock())))
        except StoreError as error:
            if not self._has_complained:
                self._log.error("health cannot be saved", why=str(error), then="a restart would forget it")
            self._has_complained = True
            return
        self._saved = changes
        self._has_complained = False
