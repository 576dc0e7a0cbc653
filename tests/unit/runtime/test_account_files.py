"""Accounts switched off and on, and removed."""

from __future__ import annotations

import pytest

from cliproxy.credentials.files.document import DocumentError
from cliproxy.runtime.account_files import AccountFiles
from cliproxy.stores.base import Conflict, NotThere
from cliproxy.stores.memory import MemoryStore

KEY = "auths/a.json"
FILE = b'{\n  "type": "claude",\n  "access_token": "a"\n}\n'


async def test_an_account_is_switched_off_and_on() -> None:
    """One field changes, and the layout stays."""
    store = MemoryStore({KEY: b"\xef\xbb\xbf" + FILE})
    files = AccountFiles(store)

    assert await files.switch(KEY, disabled=True)
    assert not await files.switch(KEY, disabled=True)
    off = (await store.read(KEY)).data
    assert off == FILE.replace(b'"a"\n', b'"a",\n  "disabled": true\n')

    assert await files.switch(KEY, disabled=False)
    assert (await store.read(KEY)).data == off.replace(b"true", b"false")


class Edited(MemoryStore):
    """A store in which somebody else writes the same file first, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__({KEY: FILE})
        self.times = times

    async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
        if self.times:
            self.times -= 1
            await super().write(key, FILE.replace(b'"a"', b'"new-%d"' % self.times))
        return await super().write(key, data, expected=expected)


async def test_what_somebody_writes_meanwhile_is_kept() -> None:
    """A refresh for one: its token must not be lost."""
    store = Edited(3)
    assert await AccountFiles(store).switch(KEY, disabled=True)
    data = (await store.read(KEY)).data
    assert b'"new-0"' in data
    assert b'"disabled": true' in data

    with pytest.raises(Conflict):
        await AccountFiles(Edited(100)).switch(KEY, disabled=True)


async def test_what_is_not_there_or_no_account() -> None:
    store = MemoryStore({"auths/b.json": b"[]"})
    with pytest.raises(NotThere):
        await AccountFiles(store).switch(KEY, disabled=True)
    with pytest.raises(DocumentError):
        await AccountFiles(store).switch("auths/b.json", disabled=True)


async def test_a_file_is_removed_whatever_it_holds() -> None:
    store = MemoryStore({KEY: b"half"})
    await AccountFiles(store).remove(KEY)
    assert await store.list("auths/") == []
    with pytest.raises(NotThere):
        await AccountFiles(store).remove(KEY)
