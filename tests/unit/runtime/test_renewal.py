"""One refresh of one document: in order, once, and without a loss."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
import structlog
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import DocumentError
from cliproxy.errors import FailureKind
from cliproxy.login.flow import RefreshFailed, Revoked
from cliproxy.runtime.intents import INTENTS, Stage
from cliproxy.runtime.renewal import Renewal
from cliproxy.simulator import CutAt, Match, Refuse, WrongType
from cliproxy.stores.base import Busy, StoreError
from cliproxy.stores.memory import MemoryStore
from tests.unit.runtime.accounts import LIFETIME, REFRESH, Accounts, key_of


def renewal(accounts: Accounts, store: MemoryStore | None = None) -> Renewal:
    return Renewal(store or accounts.store, accounts.transport, clock=accounts.clock, sleep=accounts.clock.sleep)


async def renewed(accounts: Accounts, seen: Credential, by: Renewal | None = None) -> Credential:
    [credential] = await (by or renewal(accounts)).run(seen, REFRESH, None, _never_stuck)
    return credential


def _never_stuck(error: StoreError) -> None:
    raise AssertionError(error)


class Died(BaseException):
    """What no part of a process survives."""


class Watched(MemoryStore):
    """A store in which something happens right before an account's new token is written."""

    def __init__(self, accounts: Accounts, meanwhile: list[Any]) -> None:
        super().__init__(accounts.files)
        accounts.store = self
        self.meanwhile = meanwhile
        self.log: list[str] = []

    async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
        self.log.append(f"write {'note' if key.startswith(INTENTS) else 'document'}")
        if not key.startswith(INTENTS) and self.meanwhile:
            what = self.meanwhile.pop(0)
            if isinstance(what, Exception):
                raise what
            await what(super())
        return await super().write(key, data, expected=expected)

    async def delete(self, key: str, *, expected: str | None = None) -> None:
        self.log.append("delete note")
        await super().delete(key, expected=expected)


async def test_a_new_token_is_stored_and_nothing_else_changes() -> None:
    accounts = Accounts("ann", priority=7, note="keep")
    seen, before = await accounts.credential("ann"), await accounts.fields("ann")
    accounts.clock.advance(100)
    credential = await renewed(accounts, seen)
    after = await accounts.fields("ann")

    assert accounts.server.owner_of(credential.secret.reveal()) == "ann"
    assert credential.refresh_token != seen.refresh_token
    assert credential.expires_at == accounts.clock() + LIFETIME
    assert {name for name in after if after[name] != before[name]} == {
        "access_token",
        "refresh_token",
        "expired",
        "last_refresh",
    }
    assert await accounts.store.list("state/") == []


async def test_the_note_comes_before_the_call_and_goes_after_the_write() -> None:
    accounts = Accounts("ann")
    seen = await accounts.credential("ann")
    store = Watched(accounts, [])

    async def send(request: Any) -> Any:
        store.log.append("ask")
        return await type(accounts.transport).send(accounts.transport, request)

    accounts.transport.send = send  # type: ignore[method-assign]
    await renewed(accounts, seen)

    assert store.log == ["write note", "ask", "write document", "delete note"]


async def test_what_another_process_refreshed_is_taken() -> None:
    """Two gateways share a folder; each would spend the other's token."""
    accounts = Accounts("ann")
    seen = await accounts.credential("ann")
    first, second = await asyncio.gather(renewed(accounts, seen), renewed(accounts, seen))

    assert first == second
    assert sum(accounts.server.presented.values()) == 1


async def test_a_taken_token_that_has_run_out_is_exchanged() -> None:
    accounts = Accounts("ann")
    seen = await accounts.credential("ann")
    await renewed(accounts, seen)
    accounts.clock.advance(LIFETIME)

    assert accounts.server.owner_of((await renewed(accounts, seen)).secret.reveal()) == "ann"
    assert accounts.most_presented() == 1


async def test_an_edit_made_meanwhile_survives() -> None:
    """An operator disables the account while the token server thinks."""
    accounts = Accounts("ann")
    seen, fields = await accounts.credential("ann"), await accounts.fields("ann")

    async def disable(store: MemoryStore) -> None:
        await store.write(key_of("ann"), msgspec.json.encode({**fields, "disabled": True}))

    credential = await renewed(accounts, seen, renewal(accounts, Watched(accounts, [disable])))

    assert credential.disabled
    assert (await accounts.fields("ann"))["disabled"] is True
    assert accounts.server.owner_of(credential.secret.reveal()) == "ann"


async def test_a_login_made_meanwhile_wins() -> None:
    accounts = Accounts("ann")
    seen, anew = await accounts.credential("ann"), accounts.file("ann")

    async def log_in(store: MemoryStore) -> None:
        await store.write(key_of("ann"), anew)

    credential = await renewed(accounts, seen, renewal(accounts, Watched(accounts, [log_in])))

    assert (await accounts.store.read(key_of("ann"))).data == anew
    assert credential.refresh_token.reveal() == msgspec.json.decode(anew)["refresh_token"]


async def test_a_file_that_was_removed_meanwhile_is_not_made_again() -> None:
    """Removing an account must be possible at any moment."""
    accounts = Accounts("ann")
    seen = await accounts.credential("ann")

    async def remove(store: MemoryStore) -> None:
        await store.delete(key_of("ann"))

    with pytest.raises(RefreshFailed, match="removed"):
        await renewed(accounts, seen, renewal(accounts, Watched(accounts, [remove])))
    assert await accounts.store.list("") == []


async def test_a_token_that_cannot_be_stored_is_held_until_it_can() -> None:
    """It is the only one there is. The loudest line says so, and those who wait are told."""
    accounts = Accounts("ann")
    seen = await accounts.credential("ann")
    store = Watched(accounts, [StoreError("the disk is full"), StoreError("the disk is full")])
    told: list[StoreError] = []
    with structlog.testing.capture_logs() as logs:
        [credential] = await renewal(accounts, store).run(seen, REFRESH, None, told.append)

    assert accounts.server.owner_of(credential.secret.reveal()) == "ann"
    assert await accounts.credential("ann") == credential
    assert accounts.clock.slept == [1, 2]
    assert [(line["log_level"], line["document"]) for line in logs] == [("critical", "auths/ann.json")] * 2
    assert "the disk is full" in str(told[0])
    assert credential.secret.reveal() not in str(logs)


async def test_a_half_written_edit_is_waited_for() -> None:
    """Some editors truncate and write; the new token must outlast that."""
    accounts = Accounts("ann")
    seen, fields = await accounts.credential("ann"), await accounts.fields("ann")

    async def truncate(store: MemoryStore) -> None:
        await store.write(key_of("ann"), b'{"type": "cl')

    store = Watched(accounts, [truncate])
    plain_sleep = accounts.clock.sleep

    async def sleep(seconds: float) -> None:
        await plain_sleep(seconds)
        await MemoryStore.write(store, key_of("ann"), msgspec.json.encode({**fields, "note": "edited"}))

    by = Renewal(store, accounts.transport, clock=accounts.clock, sleep=sleep)
    [credential] = await by.run(seen, REFRESH, None, lambda error: None)

    assert (await accounts.fields("ann"))["note"] == "edited"
    assert accounts.server.owner_of(credential.secret.reveal()) == "ann"


async def test_a_revoked_account_is_never_asked_for_again() -> None:
    """Not even after a restart: the note stays, until there is another token."""
    accounts = Accounts("ann")
    seen = await accounts.credential("ann")
    accounts.server.revoke("ann")
    for _ in range(2):
        with pytest.raises(Revoked, match="log in again"):
            await renewed(accounts, seen)
    assert accounts.most_presented() == 1

    await accounts.store.write(key_of("ann"), accounts.file("ann"))
    await renewed(accounts, seen)  # takes what the login wrote
    accounts.clock.advance(LIFETIME)
    await renewed(accounts, await accounts.credential("ann"))
    assert await accounts.store.list("state/") == []


@pytest.mark.parametrize("fault", [Refuse(503), CutAt(None), WrongType()])
async def test_a_failure_leaves_the_token_to_be_tried_again(fault: Any) -> None:
    """As often as it takes: trouble on the way says nothing of the account."""
    accounts = Accounts("ann", grace=60)
    seen = await accounts.credential("ann")
    accounts.script.add(fault, times=3)
    for _ in range(3):
        with pytest.raises(RefreshFailed) as failed:
            await renewed(accounts, seen)
        assert not isinstance(failed.value, Revoked)
        note = await renewal(accounts).intents.of(key_of("ann"))
        assert note is not None
        assert note.stage is Stage.SENT

    assert accounts.server.owner_of((await renewed(accounts, seen)).secret.reveal()) == "ann"
    assert await accounts.store.list("state/") == []


async def test_a_certain_no_leaves_no_note() -> None:
    accounts = Accounts("ann")
    seen = await accounts.credential("ann")
    accounts.script.add(Refuse(429))
    with pytest.raises(RefreshFailed) as failed:
        await renewed(accounts, seen)

    assert failed.value.failure.kind is FailureKind.RATE_LIMITED
    assert await accounts.store.list("state/") == []


async def test_a_lost_answer_of_a_strict_server_is_named_for_what_it_is() -> None:
    accounts = Accounts("ann")
    seen = await accounts.credential("ann")
    accounts.script.add(CutAt(None))
    with pytest.raises(RefreshFailed):
        await renewed(accounts, seen)
    with pytest.raises(Revoked, match=r"auths/ann.json of ann@acme.example was interrupted"):
        await renewed(accounts, seen)


async def test_a_token_that_died_twice_is_not_tried_a_third_time() -> None:
    """A process was killed while it asked; the next one, while it asked once more."""
    accounts = Accounts("ann", grace=60)
    seen = await accounts.credential("ann")
    accounts.transport.send = _dying  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(Died):
            await renewed(accounts, seen)
    with pytest.raises(Revoked, match="interrupted"):
        await renewed(accounts, seen)


async def test_a_token_that_use_does_not_spend_may_be_tried_on() -> None:
    """Google's stay good; a crash, or two, tell nothing of them."""
    accounts = Accounts("ann", rotates=False)
    seen = await accounts.credential("ann")
    plain_send, accounts.transport.send = accounts.transport.send, _dying  # type: ignore[method-assign]
    for _ in range(3):
        with pytest.raises(Died):
            await renewal(accounts).run(seen, structs.replace(REFRESH, rotates=False), None, _never_stuck)
    accounts.transport.send = plain_send  # type: ignore[method-assign]
    [credential] = await renewal(accounts).run(seen, structs.replace(REFRESH, rotates=False), None, _never_stuck)

    assert accounts.server.owner_of(credential.secret.reveal()) == "ann"


async def _dying(request: Any) -> Any:
    raise Died


async def test_nothing_is_asked_where_the_note_cannot_be_written() -> None:
    """A full disk must not cost tokens."""
    accounts = Accounts("ann")
    seen = await accounts.credential("ann")

    class Full(MemoryStore):
        async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
            raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="full"):
        await renewed(accounts, seen, renewal(accounts, Full(accounts.files)))
    assert not accounts.server.presented


async def test_nothing_is_asked_for_a_file_that_is_none() -> None:
    accounts = Accounts("ann")
    seen = await accounts.credential("ann")
    await accounts.store.write(key_of("ann"), b"{}")
    with pytest.raises(DocumentError):
        await renewed(accounts, seen)

    await accounts.store.write(key_of("ann"), accounts.file("ann", refresh_token=""))
    with pytest.raises(RefreshFailed, match="no longer holds"):
        await renewed(accounts, await accounts.credential("ann"))
    assert not accounts.server.presented


async def test_another_process_that_holds_the_document_is_waited_for() -> None:
    accounts = Accounts("ann")
    seen = await accounts.credential("ann")
    async with accounts.store.hold("refresh/auths/ann.json", seconds=1):
        waiting = asyncio.create_task(renewed(accounts, seen))
        await asyncio.sleep(0.01)
        assert not accounts.server.presented
    assert (await waiting).secret != seen.secret


async def test_a_deletion_that_fails_harms_nothing() -> None:
    """The note is on tokens that are no longer there, so the next refresh takes no notice."""
    accounts = Accounts("ann")
    seen = await accounts.credential("ann")

    class Stubborn(MemoryStore):
        async def delete(self, key: str, *, expected: str | None = None) -> None:
            raise StoreError("not permitted")

    store = accounts.store = Stubborn(accounts.files)
    for _ in range(3):
        seen = await renewed(accounts, seen, renewal(accounts, store))
    assert accounts.most_presented() == 1


def test_a_note_holds_no_token() -> None:
    """Notes lie beside the files, and may be copied into reports."""
    accounts = Accounts("ann")
    seen = asyncio.run(accounts.credential("ann"))
    accounts.script.add(CutAt(None), when=Match())
    with pytest.raises(RefreshFailed):
        asyncio.run(renewed(accounts, seen))
    [key] = asyncio.run(accounts.store.list("state/"))
    note = asyncio.run(accounts.store.read(key)).data.decode()

    assert seen.secret.reveal() not in note
    assert seen.refresh_token.reveal() not in note


async def test_busy_is_told() -> None:
    """Nothing was asked, so nothing is lost."""
    accounts = Accounts("ann")

    class Held(MemoryStore):
        def hold(self, name: str, *, seconds: float) -> Any:
            raise Busy("another process refreshes it")

    with pytest.raises(Busy):
        await renewed(accounts, await accounts.credential("ann"), renewal(accounts, Held()))
    assert structs.replace(await accounts.credential("ann"), secret=Secret("")).refresh_token
