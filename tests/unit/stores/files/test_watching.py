"""What happens to files is told: however it is done, and nothing else."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from cliproxy.stores.files import FileStore, watching
from tests.unit.stores.following import following


@pytest.fixture(params=["told by the system", "polled"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    (tmp_path / "auths").mkdir()
    (tmp_path / "config").mkdir()
    polls = 0.05 if request.param == "polled" else None
    return FileStore(tmp_path / "auths", tmp_path / "config" / "config.yaml", polls=polls)


def _put(path: Path, content: str) -> None:
    """Write as editors do: beside it, then renamed."""
    beside = path.with_name(f"{path.name}~")
    beside.write_text(content)
    beside.replace(path)


async def test_every_way_to_change_a_file_is_seen(store: FileStore, tmp_path: Path) -> None:
    """In place, by rename, by moving it away, in a folder that was not there before."""
    folder = tmp_path / "auths"
    for name in ("placed", "replaced", "moved"):
        (folder / f"{name}.json").write_text("1")
    await store.read_all("")
    async with following(store) as follower:
        (folder / "placed.json").write_text("2")
        _put(folder / "replaced.json", "2")
        (folder / "moved.json").rename(tmp_path / "moved.json")
        (folder / "new" / "deep").mkdir(parents=True)
        (folder / "new" / "deep" / "a.json").write_text("1")
        _put(tmp_path / "config" / "config.yaml", "port: 1")

        assert await follower.hears(
            "auths/placed.json", "auths/replaced.json", "auths/moved.json", "auths/new/deep/a.json", "config.yaml"
        )
        (folder / "new" / "deep" / "a.json").write_text("22")
        await asyncio.sleep(0.15)
        follower.batches.clear()
        (folder / "new" / "deep" / "a.json").unlink()
        assert await follower.hears("auths/new/deep/a.json")


async def test_what_changes_nothing_is_not_told(store: FileStore, tmp_path: Path) -> None:
    """Touched, rewritten as it was, or no credential at all."""
    folder = tmp_path / "auths"
    (folder / "a.json").write_text("1")
    await store.read_all("")
    async with following(store) as follower:
        (folder / "a.json").touch()
        _put(folder / "a.json", "1")
        (folder / "notes.txt").write_text("1")
        (tmp_path / "config" / "other.yaml").write_text("1")
        await store.write("state/health", b"1")
        async with store.hold("a", seconds=1):
            (folder / "last.json").write_text("1")

        assert await follower.hears("auths/last.json")
    assert follower.keys == {"auths/last.json"}


async def test_a_swapped_folder_is_seen(store: FileStore, tmp_path: Path) -> None:
    """Kubernetes swaps the link `..data`; neither the links nor the files behind them are touched."""
    for folder, names in ((tmp_path / "auths", ["a.json", "b.json"]), (tmp_path / "config", ["config.yaml"])):
        for version in ("1", "2"):
            (folder / f"..{version}").mkdir()
            for name in names:
                (folder / f"..{version}" / name).write_text(version if name != "b.json" else "same")
        (folder / "..data").symlink_to("..1")
        for name in names:
            (folder / name).symlink_to(f"..data/{name}")
    assert [document.key for document in await store.read_all("")] == ["auths/a.json", "auths/b.json", "config.yaml"]
    async with following(store) as follower:
        for folder in (tmp_path / "auths", tmp_path / "config"):
            (folder / "..data_tmp").symlink_to("..2")
            (folder / "..data_tmp").replace(folder / "..data")

        assert await follower.hears("auths/a.json", "config.yaml")
    assert "auths/b.json" not in follower.keys


async def test_a_file_behind_a_link_is_seen(store: FileStore, tmp_path: Path) -> None:
    """Also one that was linked to after the start."""
    (tmp_path / "real.json").write_text("1")
    async with following(store) as follower:
        (tmp_path / "auths" / "a.json").symlink_to(tmp_path / "real.json")
        assert await follower.hears("auths/a.json")
        await asyncio.sleep(0.2)
        follower.batches.clear()
        _put(tmp_path / "real.json", "2")

        assert await follower.hears("auths/a.json")


async def test_another_folder_in_its_place_is_seen(store: FileStore, tmp_path: Path) -> None:
    """Whoever restores a backup moves the folder away and puts another there."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.json").write_text("1")
    async with following(store) as follower:
        (tmp_path / "auths").rename(tmp_path / "before")
        (tmp_path / "other").rename(tmp_path / "auths")
        (tmp_path / "auths" / "b.json").write_text("1")
        assert await follower.hears("auths/a.json", "auths/b.json")
        await asyncio.sleep(0.2)
        (tmp_path / "auths" / "c.json").write_text("1")

        assert await follower.hears("auths/c.json")


async def test_a_burst_is_few_batches(tmp_path: Path) -> None:
    """Who is told of two thousand files compiles a few times, not two thousand."""
    store = FileStore(tmp_path / "auths")
    async with following(store) as follower:
        for number in range(2000):
            (tmp_path / "auths" / f"{number}.json").write_text(str(number))

        assert await follower.hears(*(f"auths/{number}.json" for number in range(2000)))
    assert len(follower.batches) <= 10


async def test_where_the_system_tells_nothing_it_is_polled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are only so many watches, and file systems without any. (No test can use up the watches of a machine.)"""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "too many watches")

    monkeypatch.setattr(watching, "awatch", refuse)
    monkeypatch.setattr(watching, "POLL_WITHOUT_WATCHING", 0.02)
    store = FileStore(tmp_path / "auths")
    async with following(store) as follower:
        (tmp_path / "auths" / "a.json").write_text("1")

        assert await follower.hears("auths/a.json")


async def test_same_size_and_time_are_not_the_same(tmp_path: Path) -> None:
    """A change within the tick in which the file was seen last."""
    store = FileStore(tmp_path / "auths", polls=0.05)
    file = tmp_path / "auths" / "a.json"
    async with following(store) as follower:
        file.write_text("1")
        time = file.stat().st_mtime_ns
        assert await follower.hears("auths/a.json")
        follower.batches.clear()
        with file.open("r+") as same:
            same.write("2")
        os.utime(file, ns=(time, time))

        assert await follower.hears("auths/a.json")
