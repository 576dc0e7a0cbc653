"""The pool's health, kept between runs."""

from __future__ import annotations

from structlog.testing import capture_logs

from cliproxy.credentials.credential import Candidate, Credential, Secret
from cliproxy.credentials.pool import CredentialPool
from cliproxy.errors import Failure, FailureKind
from cliproxy.runtime.health import KEY, HealthKeeper
from cliproxy.stores.base import StoreError
from cliproxy.stores.memory import MemoryStore
from cliproxy.testing.clock import HandClock

ONE = Candidate("a", "m")


def pool() -> CredentialPool:
    return CredentialPool([Credential("a", "claude", Secret("k"), account="a")])


def refused(one: CredentialPool, clock: HandClock) -> None:
    one.pick([ONE], now=clock())
    one.failed(ONE, Failure(FailureKind.QUOTA_SPENT, 429, "spent", rests_until=clock() + 600), now=clock())


async def test_rests_survive_a_restart() -> None:
    store, clock = MemoryStore(), HandClock()
    first = pool()
    keeper = HealthKeeper(store, first, clock, clock.sleep)
    await keeper.restore()
    refused(first, clock)
    await keeper.save()

    clock.advance(100)
    second = pool()
    await HealthKeeper(store, second, clock, clock.sleep).restore()
    assert second.pick([ONE], now=clock()) is None
    assert second.ready_at([ONE], now=clock()) == clock() + 500


async def test_nothing_is_written_while_nothing_changes() -> None:
    store, clock = MemoryStore(), HandClock()
    one = pool()
    keeper = HealthKeeper(store, one, clock, clock.sleep)
    await keeper.restore()
    await keeper.save()
    assert await store.list("state/") == []
    refused(one, clock)
    await keeper.save()
    assert await store.list("state/") == [KEY]


async def test_what_cannot_be_read_is_as_if_nothing_was_kept() -> None:
    for data in (b"", b"{", b"[]", b'{"rests":3}', b"\xff"):
        one, clock = pool(), HandClock()
        with capture_logs() as logs:
            await HealthKeeper(MemoryStore({KEY: data}), one, clock, clock.sleep).restore()
        assert logs[0]["event"] == "health was not kept"
        assert one.pick([ONE], now=clock()) == ONE


class FullDisk(MemoryStore):
    async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
        raise StoreError(f"{key}: no space left")


async def test_a_full_disk_is_reported_once_and_harms_nothing() -> None:
    one, clock = pool(), HandClock()
    keeper = HealthKeeper(FullDisk(), one, clock, clock.sleep)
    refused(one, clock)
    with capture_logs() as logs:
        await keeper.save()
        await keeper.save()
    assert len(logs) == 1
