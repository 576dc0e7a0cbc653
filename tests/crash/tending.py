"""What keeps tokens fresh in a gateway, over a real folder and real sockets."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.document import read_credentials
from cliproxy.credentials.pool import CredentialPool
from cliproxy.providers import claude
from cliproxy.runtime.refresh import Refresher
from cliproxy.stores.base import AUTHS, Store
from cliproxy.stores.files import FileStore
from cliproxy.transport.base import Transport
from cliproxy.transport.http import HttpTransport


class Tending:
    """The accounts of a store, kept fresh by the token server at an address."""

    def __init__(self, store: Store, transport: Transport, url: str, credentials: list[Credential]) -> None:
        grant = structs.replace(claude.REFRESH, url=f"{url}/oauth/token")
        self.store = store
        self.pool = CredentialPool(credentials)
        self.refresher = Refresher(
            store,
            self.pool,
            {"claude": replace(claude.PROVIDER, refresh=grant)},
            transport,
            clock=time.time,
            sleep=asyncio.sleep,
            jitter=random.random,
        )
        self.refresher.watch(credentials)

    def credential(self, name: str) -> Credential:
        """Return what the pool has of an account."""
        found = self.pool.get(f"{name}.json")
        assert found is not None
        return found


async def read_all(store: Store) -> list[Credential]:
    """Return the credentials of a store, as a start reads them."""
    documents = [await store.read(key) for key in await store.list(AUTHS)]
    return [one for document in documents for one in read_credentials(document.key, document.data)]


@asynccontextmanager
async def tending(folder: Path, url: str) -> AsyncIterator[Tending]:
    """Start on a folder, as a gateway does."""
    store, transport = FileStore(folder), HttpTransport(connect_timeout=5, idle_timeout=20)
    try:
        yield Tending(store, transport, url, await read_all(store))
    finally:
        await transport.close()
