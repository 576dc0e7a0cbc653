"""`kill -9` at every step of a refresh, and two processes that share a folder."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from cliproxy.credentials.freshness import has_run_out
from cliproxy.login.flow import Revoked
from cliproxy.simulator import Delay, Script, TokenServer, Upstream, serving
from tests.crash.dying import LOSING, POINTS, SERVER_THINKS
from tests.crash.tending import tending

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing there is like kill -9")


class World:
    """A token server, and a folder with the accounts `ann`, whose token has run out, and `bob`."""

    def __init__(self, folder: Path, url: str, server: TokenServer) -> None:
        self.folder = folder
        self.url = url
        self.server = server

    def log_in(self, name: str, *, expires_at: float) -> str:
        """Write an account's file, and return its refresh token."""
        login = self.server.log_in(name)
        fields = {
            "type": "claude",
            "email": f"{name}@acme.example",
            "access_token": login.access_token,
            "refresh_token": login.refresh_token,
            "expired": expires_at,
            "note": "keep",
        }
        (self.folder / f"{name}.json").write_bytes(msgspec.json.encode(fields))
        return login.refresh_token

    async def start(self) -> str:
        """Start anew on what is left, ask for what is needed, and return whose token there is then."""
        async with tending(self.folder, self.url) as one:
            credential = one.credential("ann")
            if has_run_out(credential, now=time.time()):
                credential = await one.refresher.fresh("ann.json")
            return self.server.owner_of(credential.secret.reveal())


@asynccontextmanager
async def world(folder: Path, *, grace: float = 0.0, thinks: float = SERVER_THINKS) -> AsyncIterator[World]:
    script = Script()
    if thinks:
        script.add(Delay(thinks))
    server = TokenServer(time.time, grace=grace, script=script)
    async with serving(Upstream(tokens=server)) as served:
        made = World(folder, served.url, server)
        made.log_in("bob", expires_at=time.time() + 3600)
        yield made


async def program(module: str, *arguments: object) -> int:
    """Run a program to its end, and return how it ended."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    return await process.wait()


@pytest.mark.parametrize(("grace", "points"), [(0.0, POINTS), (60.0, LOSING)], ids=["strict", "grace"])
async def test_a_process_may_be_killed_at_any_point(tmp_path: Path, grace: float, points: tuple[str, ...]) -> None:
    """
    The next start works, and no token is shown twice: but for the moment that nobody can guard.

    There the old token is shown exactly once more. A server with a grace period gives the account back; for a strict
    one somebody must log in again, is told so by name, and then can. The other account never notices.
    """
    folders = [tmp_path / point for point in points]
    for folder in folders:
        folder.mkdir()
    await asyncio.gather(*(killed(folder, point, grace) for folder, point in zip(folders, points, strict=True)))


async def killed(folder: Path, point: str, grace: float) -> None:
    is_lost = point in LOSING
    async with world(folder, grace=grace) as made:
        first = made.log_in("ann", expires_at=time.time() - 1)
        other = (folder / "bob.json").read_bytes()
        assert await program("tests.crash.dying", folder, made.url, point) == -signal.SIGKILL
        assert made.server.exchanged[first] == (POINTS.index(point) >= POINTS.index("asked"))

        if is_lost and not grace:
            for _ in range(2):
                with pytest.raises(Revoked, match=r"log in again.*ann\.json of ann@acme\.example was interrupted"):
                    await made.start()
            assert made.server.presented[first] == 2
            made.log_in("ann", expires_at=time.time() - 1)
        for _ in range(2):
            assert await made.start() == "ann"

        shown_again = {token: times for token, times in made.server.presented.items() if times > 1}
        assert shown_again == ({first: 2} if is_lost else {})
        assert (folder / "bob.json").read_bytes() == other
        assert msgspec.json.decode((folder / "ann.json").read_bytes())["note"] == "keep"
        assert sorted(path.name for path in folder.iterdir() if path.is_file()) == ["ann.json", "bob.json"]


async def test_two_processes_that_share_a_folder_spend_no_token_twice(tmp_path: Path) -> None:
    """Two hundred times somebody wants another token, and gets one: each takes what the other got meanwhile."""
    async with world(tmp_path, thinks=0) as made:
        made.log_in("ann", expires_at=time.time() - 1)
        sharing = [program("tests.crash.sharing", tmp_path, made.url, 100) for _ in range(2)]

        assert await asyncio.gather(*sharing) == [0, 0]
        assert 100 <= made.server.exchanged.total() <= 200
        assert max(made.server.presented.values()) == 1
        assert made.server.exchanged == made.server.presented
        assert await made.start() == "ann"
