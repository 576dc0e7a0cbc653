"""What is special about a store of files; `../test_base.py` asks what all must do."""

from __future__ import annotations

import asyncio
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cliproxy.stores.base import StoreError
from cliproxy.stores.files import FileStore

ADD_ONE = """
import asyncio, sys
from pathlib import Path
from cliproxy.stores.base import Conflict
from cliproxy.stores.files import FileStore

async def main():
    store = FileStore(Path(sys.argv[1]))
    for _ in range(20):
        while True:
            document = await store.read("auths/count.json")
            try:
                await store.write(document.key, b"%d" % (int(document.data) + 1), expected=document.revision)
                break
            except Conflict:
                pass

asyncio.run(main())
"""
HOLD = """
import asyncio, sys
from pathlib import Path
from cliproxy.stores.files import FileStore

async def main():
    async with FileStore(Path(sys.argv[1])).hold("a", seconds=5):
        print("held", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "auths", tmp_path / "config.yaml")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_documents_lie_where_people_look_for_them(store: FileStore, tmp_path: Path) -> None:
    """The folder and the files are the Go program's; what is ours it does not take for a credential."""
    for key in ("auths/a.json", "auths/team/b.json", "config.yaml", "state/health"):
        await store.write(key, b"x")
    async with store.hold("refresh/auths/a.json", seconds=1):
        pass

    (tmp_path / "auths" / "notes.txt").write_text("no credential")
    assert (tmp_path / "config.yaml").read_bytes() == b"x"
    assert sorted(path.name for path in (tmp_path / "auths").rglob("*.json")) == ["a.json", "b.json"]
    assert (tmp_path / "auths" / ".cliproxy" / "health").read_bytes() == b"x"
    assert await store.list("auths/") == ["auths/a.json", "auths/team/b.json"]
    assert await store.list("state/") == ["state/health"]


async def test_nobody_else_may_read(store: FileStore, tmp_path: Path) -> None:
    """Also where somebody else made the folder or the file, and was less careful."""
    folder = tmp_path / "auths" / "team"
    folder.mkdir(parents=True, mode=0o755)
    (folder / "a.json").write_bytes(b"1")
    (folder / "a.json").chmod(0o644)
    await store.write("auths/team/a.json", b"2")
    await store.write("state/health", b"2")

    for path in (tmp_path / "auths").rglob("*"):
        assert _mode(path) == (0o700 if path.is_dir() else 0o600), path
    assert _mode(tmp_path / "auths") == 0o700


async def test_a_configuration_keeps_its_mode(store: FileStore, tmp_path: Path) -> None:
    """It may lie in a folder of the system, and be read by a group."""
    (tmp_path / "config.yaml").write_bytes(b"1")
    (tmp_path / "config.yaml").chmod(0o640)
    tmp_path.chmod(0o755)
    await store.write("config.yaml", b"2")

    assert (_mode(tmp_path / "config.yaml"), _mode(tmp_path)) == (0o640, 0o755)


async def test_a_link_stays_a_link(store: FileStore, tmp_path: Path) -> None:
    """People keep their credentials elsewhere and link to them."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "real.json").write_bytes(b"1")
    (elsewhere / "more").mkdir()
    (elsewhere / "more" / "b.json").write_bytes(b"3")
    (elsewhere / "more" / "round").symlink_to(elsewhere)
    folder = tmp_path / "auths"
    folder.mkdir()
    (folder / "a.json").symlink_to(elsewhere / "real.json")
    (folder / "team").symlink_to(elsewhere / "more")
    (folder / "nowhere.json").symlink_to(elsewhere / "nothing")
    await store.write("auths/a.json", b"2")

    assert (folder / "a.json").is_symlink()
    assert (elsewhere / "real.json").read_bytes() == b"2"
    assert await store.list("auths/") == ["auths/a.json", "auths/team/b.json", "auths/team/round/real.json"]
    await store.delete("auths/a.json")
    assert (elsewhere / "real.json").exists()


async def test_no_change_is_lost_between_processes(store: FileStore, tmp_path: Path) -> None:
    """Two gateways write the same file; each finds what the other wrote."""
    await store.write("auths/count.json", b"0")
    command = [sys.executable, "-c", ADD_ONE, str(tmp_path / "auths")]
    processes = [subprocess.Popen(command) for _ in range(3)]

    assert [process.wait(30) for process in processes] == [0, 0, 0]
    assert (await store.read("auths/count.json")).data == b"60"
    assert [path.name for path in (tmp_path / "auths").iterdir() if path.is_file()] == ["count.json"]


async def test_a_name_is_free_when_its_holder_is_killed(store: FileStore, tmp_path: Path) -> None:
    """Nobody waits for the dead."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "auths")], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        waiting = asyncio.create_task(_held(store))
        await asyncio.wait([waiting], timeout=0.1)
        assert not waiting.done()

        process.send_signal(signal.SIGKILL)
        await asyncio.wait_for(waiting, 5)


async def _held(store: FileStore) -> None:
    async with store.hold("a", seconds=10):
        pass


async def test_what_cannot_be_read_is_told_and_stops_nothing(store: FileStore, tmp_path: Path) -> None:
    """One broken file must not keep thousands from being served; a pipe must not keep the start waiting."""
    await store.write("auths/a.json", b"1")
    with (tmp_path / "auths" / "huge.json").open("wb") as huge:
        huge.truncate(1 << 30)
    with capture_logs() as logs:
        documents = await store.read_all("auths/")

    assert [document.key for document in documents] == ["auths/a.json"]
    assert [(log["event"], log["document"]) for log in logs] == [("document cannot be read", "auths/huge.json")]
    with pytest.raises(StoreError, match="longer than"):
        await store.read("auths/huge.json")


async def test_what_cannot_be_done_says_where_and_why(tmp_path: Path) -> None:
    """The operator has to mend it."""
    (tmp_path / "auths").write_text("a file where the folder should be")
    store = FileStore(tmp_path / "auths")
    for act in (store.list(""), store.read_all("auths/"), store.write("auths/a.json", b"")):
        with pytest.raises(StoreError, match="auths"):
            await act
    with pytest.raises(StoreError):
        async with store.hold("a", seconds=1):
            pass
    with pytest.raises(StoreError, match="no configuration file"):
        await store.read("config.yaml")


async def test_the_names_that_the_store_needs_are_its_own(store: FileStore) -> None:
    """A lock that somebody writes over is no lock."""
    for key in ("state/locks", "state/locks/writes", "state/.hidden", "state/x.cliproxy-tmp"):
        with pytest.raises(StoreError):
            await store.write(key, b"")


async def test_what_a_dead_writer_left_is_swept(store: FileStore, tmp_path: Path) -> None:
    """It may hold tokens."""
    folder = tmp_path / "auths"
    folder.mkdir()
    (folder / ".0123456789abcdef.cliproxy-tmp").write_bytes(b"half")
    (folder / ".mine.tmp").write_bytes(b"another program's")
    await store.write("auths/a.json", b"1")

    assert sorted(path.name for path in folder.iterdir()) == [".cliproxy", ".mine.tmp", "a.json"]
