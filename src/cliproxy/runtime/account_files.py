"""
What an operator does to account files: switch them off and on, and remove them. A gateway that runs takes it over.

A file that somebody writes meanwhile, a refresh for one, is read and changed anew; its layout stays.
"""

from __future__ import annotations

from contextlib import suppress

from cliproxy.credentials.files.document import read_credentials, with_field
from cliproxy.stores.base import Conflict, Store

MOST_TRIES = 10  # where somebody writes the file at the same time


class AccountFiles:
    """The account files of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def switch(self, key: str, *, disabled: bool) -> bool:
        """
        Switch an account off or on, and tell whether that changed anything.

        Raises:
            StoreError: Its file is not there, or cannot be written.
            DocumentError: It holds no account.
        """
        for _ in range(MOST_TRIES):
            document = await self._store.read(key)
            if read_credentials(key, document.data)[0].disabled is disabled:
                return False
            with suppress(Conflict):
                data = with_field(document.data, "disabled", disabled)
                await self._store.write(key, data, expected=document.revision)
                return True
        raise Conflict(f"{key} is written by somebody else all the time")

    async def remove(self, key: str) -> None:
        """Remove an account's file, whatever it holds. Raises StoreError."""
        await self._store.read(key)
        await self._store.delete(key)
