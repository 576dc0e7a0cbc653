"""
Credentials that are there while somebody is connected: each is a page that dialled in, and lies in no store.

A guest that comes for the first time is added to the catalogue, which is compiled anew; however many come and go, no
more often than every `SETTLING_TIME`. One that leaves is asked no more from that moment on, and forgotten after
`RETURN_TIME`. If it is back under its channel before that, its health and its conversations are as they were.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret

PROVIDER = "aistudio"
RETURN_TIME = 60.0  # seconds
SETTLING_TIME = 1.0  # seconds
MOST_AWAY = 256  # guests that have left and may return

_HANDLE_LENGTH = 16


@dataclass(slots=True)
class _Guest:
    credential: Credential
    owner: str  # principal who brought it
    forgetting: asyncio.TimerHandle | None = None  # while it is away


class Guests:
    """Who is connected, and who may come back."""

    def __init__(
        self,
        *,
        updated: Callable[[Credential], None],
        compiled: Callable[[], None],
        return_time: float = RETURN_TIME,
        settling_time: float = SETTLING_TIME,
    ) -> None:
        """
        Begin with nobody.

        Args:
            updated: Is told of a guest that is known, and can be asked again or no more.
            compiled: Is told that others are there than before, at most once in the settling time.
            return_time: Seconds for which a guest that left is remembered.
            settling_time: Seconds.
        """
        self._updated = updated
        self._compiled = compiled
        self._return_time = return_time
        self._settling_time = settling_time
        self._guests: dict[str, _Guest] = {}  # by channel
        self._settling: asyncio.TimerHandle | None = None  # since the last time that others were there
        self._is_changed = False  # since then
        self._away = 0

    @property
    def credentials(self) -> Iterable[Credential]:
        """All of them; those that are away are disabled."""
        return tuple(guest.credential for guest in self._guests.values())

    def may_come(self, channel: str, owner: str) -> bool:
        """Tell whether this principal may have a channel: nobody else has it, or had it a moment ago."""
        guest = self._guests.get(channel)
        return guest is None or guest.owner == owner

    def is_here(self, channel: str) -> bool:
        """Tell whether a guest is connected."""
        guest = self._guests.get(channel)
        return guest is not None and guest.forgetting is None

    def came(self, channel: str, owner: str) -> None:
        """Somebody is connected; perhaps again."""
        guest = self._guests.get(channel)
        if guest is None:
            self._guests[channel] = _Guest(_credential(channel), owner)
        elif guest.forgetting is not None:
            guest.forgetting.cancel()
            guest.forgetting = None
            self._away -= 1
            guest.credential = structs.replace(guest.credential, disabled=False)
            self._updated(guest.credential)
        else:
            return
        self._change()  # of one that returns too: it may have been compiled while it was away

    def left(self, channel: str) -> None:
        """Somebody is not connected any more."""
        guest = self._guests.get(channel)
        if guest is None or guest.forgetting is not None:
            return
        guest.credential = structs.replace(guest.credential, disabled=True)
        self._updated(guest.credential)
        self._away += 1
        is_one_too_many = self._away > MOST_AWAY
        wait = 0.0 if is_one_too_many else self._return_time
        guest.forgetting = asyncio.get_running_loop().call_later(wait, self._forget, channel)

    def close(self) -> None:
        """Tell nobody of anything any more."""
        for guest in self._guests.values():
            if guest.forgetting is not None:
                guest.forgetting.cancel()
        if self._settling is not None:
            self._settling.cancel()

    def _forget(self, channel: str) -> None:
        del self._guests[channel]
        self._away -= 1
        self._change()

    def _change(self) -> None:
        """Tell that others are there: now, or when things have settled."""
        self._is_changed = True
        if self._settling is None:
            self._settle()

    def _settle(self) -> None:
        self._settling = None
        if self._is_changed:
            self._is_changed = False
            self._settling = asyncio.get_running_loop().call_later(self._settling_time, self._settle)
            self._compiled()


def _credential(channel: str) -> Credential:
    return Credential(
        id=channel,
        provider=PROVIDER,
        secret=Secret(""),
        label=channel,
        handle=hashlib.sha256(f"id:{channel}".encode()).hexdigest()[:_HANDLE_LENGTH],
        account=channel,
    )
