"""What every store must do, asked of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from cliproxy.stores.base import Busy, Conflict, Document, NotThere, Store, StoreError, check_key
from cliproxy.stores.files import FileStore
from cliproxy.stores.memory import MemoryStore
from tests.unit.stores.following import following

STORES: dict[str, Callable[[Path], Store]] = {
    "memory": lambda folder: MemoryStore(),
    "files": lambda folder: FileStore(folder / "auths", folder / "config.yaml"),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return STORES[request.param](tmp_path)


KEYS = ["auths/a.json", "auths/team/b.JSON", "config.yaml", "state/health", "state/intents/a"]


async def test_what_was_written_is_read(store: Store) -> None:
    """Any bytes, under any key there can be."""
    revisions = {key: await store.write(key, key.encode()) for key in KEYS}

    assert await store.list("") == KEYS
    for key in KEYS:
        assert await store.read(key) == Document(key, key.encode(), revisions[key])
    assert await store.read_all("auths/") == [await store.read(key) for key in KEYS[:2]]
    assert await store.list("auths/t") == ["auths/team/b.JSON"]
    assert await store.list("state/") == ["state/health", "state/intents/a"]


async def test_an_empty_store_is_no_error(store: Store) -> None:
    """The first start."""
    assert await store.list("") == []
    assert await store.read_all("auths/") == []
    with pytest.raises(NotThere):
        await store.read("auths/a.json")
    with pytest.raises(NotThere):
        await store.read("config.yaml")


async def test_a_revision_is_equal_while_the_content_is(store: Store) -> None:
    """Whoever compares revisions need not compare content."""
    first = await store.write("auths/a.json", b"1")
    other = await store.write("auths/a.json", b"2")

    assert first != other
    assert await store.write("auths/a.json", b"1") == first


async def test_a_stale_write_is_refused(store: Store) -> None:
    """Two who edit the same document must not undo each other's work."""
    first = await store.write("auths/a.json", b"1")
    second = await store.write("auths/a.json", b"2", expected=first)

    with pytest.raises(Conflict):
        await store.write("auths/a.json", b"3", expected=first)
    with pytest.raises(Conflict):
        await store.delete("auths/a.json", expected=first)
    with pytest.raises(Conflict):
        await store.write("auths/a.json", b"3", expected="")
    assert (await store.read("auths/a.json")).data == b"2"
    await store.delete("auths/a.json", expected=second)


async def test_a_document_that_must_be_new_is_written_once(store: Store) -> None:
    """And one that is gone is not brought back by who still expects it."""
    revision = await store.write("auths/a.json", b"1", expected="")
    await store.delete("auths/a.json")

    with pytest.raises(Conflict):
        await store.write("auths/a.json", b"2", expected=revision)
    await store.delete("auths/a.json")
    assert await store.list("") == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "a.json",
        "auths",
        "auths/",
        "auths/a.txt",
        "auths/../config.json",
        "auths/x/../../y.json",
        "auths//etc/x.json",
        "/etc/x.json",
        "auths/.cliproxy/x.json",
        "auths/..data/x.json",
        "auths/a\\b.json",
        "auths/a\0.json",
        "auths/\udcff.json",
        "state/x.json",
        "state/X.JSON",
        "state/",
        "state/..",
        "state/../x",
        "other/x",
    ],
)
async def test_what_is_no_key_is_refused(store: Store, key: str) -> None:
    """Keys come from requests too; none may lead out of the folder."""
    with pytest.raises(StoreError):
        check_key(key)
    for act in (store.read(key), store.write(key, b""), store.delete(key)):
        with pytest.raises(StoreError):
            await act


async def test_a_name_is_held_by_one(store: Store) -> None:
    """Two tasks that want to refresh one account do it one after the other."""
    inside, most = 0, 0

    async def work() -> None:
        nonlocal inside, most
        async with store.hold("refresh/auths/a.json", seconds=10):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.005)
            inside -= 1

    await asyncio.gather(*(work() for _ in range(5)))

    assert (inside, most) == (0, 1)


async def test_who_waits_too_long_is_told(store: Store) -> None:
    """Other names are free meanwhile, and this one is when the block is left, in whatever way."""

    async def fail() -> None:
        async with store.hold("a", seconds=0):
            with pytest.raises(Busy):
                await _hold(store, "a", seconds=0.02)
            async with store.hold("b", seconds=0), store.hold("A", seconds=0), store.hold("a_", seconds=0):
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await _hold(store, "a")


async def test_who_stops_waiting_leaves_no_trace(store: Store) -> None:
    """Clients leave all the time."""
    async with store.hold("a", seconds=0):
        waiting = asyncio.create_task(_hold(store, "a"))
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await _hold(store, "a")


async def _hold(store: Store, name: str, *, seconds: float = 5.0) -> None:
    async with store.hold(name, seconds=seconds):
        pass


async def test_changes_are_told(store: Store) -> None:
    """New, changed and removed documents; what is kept between runs concerns nobody."""
    await store.write("auths/old.json", b"1")
    await store.write("auths/gone.json", b"1")
    await store.read_all("")
    async with following(store) as follower:
        await store.write("state/health", b"1")
        await store.write("auths/new.json", b"1")
        await store.write("auths/old.json", b"2")
        await store.write("config.yaml", b"port: 1")
        await store.delete("auths/gone.json")

        assert await follower.hears("auths/new.json", "auths/old.json", "auths/gone.json", "config.yaml")
    assert follower.keys == {"auths/new.json", "auths/old.json", "auths/gone.json", "config.yaml"}


async def test_what_happened_before_anybody_followed_is_told(store: Store) -> None:
    """Between reading all documents and following them nothing gets lost."""
    await store.write("auths/a.json", b"1")
    await store.read_all("auths/")
    await store.write("auths/a.json", b"2")
    await store.write("auths/b.json", b"1")

    async with following(store) as follower:
        assert await follower.hears("auths/a.json", "auths/b.json")


def test_no_repr_holds_content() -> None:
    """A document is a secret as a whole."""
    assert "hush" not in repr(Document("auths/a.json", b"hush", "1"))
