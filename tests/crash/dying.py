"""
A process that refreshes an account, and dies where it is told: `python -m tests.crash.dying FOLDER URL POINT`.

It kills itself as `kill -9` would. Whatever it is told is told to the store and the transport that it hands to the
real thing; nothing in there knows.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn, Self

from cliproxy.stores.base import STATE
from cliproxy.stores.files import FileStore
from cliproxy.transport.base import UpstreamResponse
from cliproxy.transport.http import HttpTransport
from cliproxy.wire.http import Headers, HttpRequest
from tests.crash.tending import Tending, read_all

SERVER_THINKS = 0.3  # seconds; who dies before they are over has asked, and not been answered
POINTS = (
    "before the hold",
    "with the hold",
    "in the note",
    "with the note",
    "asked",
    "answered",
    "in the write",
    "written",
    "note deleted",
)
LOSING = ("asked", "answered", "in the write")  # the old token is spent by then, and the new one nowhere on disk


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("dead men tell no tales")


class DyingStore(FileStore):
    """A folder that is left in the middle of something."""

    def __init__(self, folder: Path, point: str) -> None:
        super().__init__(folder)
        self._point = point

    @asynccontextmanager
    async def hold(self, name: str, *, seconds: float) -> AsyncIterator[None]:
        self._dies("before the hold")
        async with super().hold(name, seconds=seconds):
            self._dies("with the hold")
            yield

    async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
        is_note = key.startswith(STATE)
        if self._point == ("in the note" if is_note else "in the write"):
            Path.replace = _die_instead  # type: ignore[method-assign,assignment]  # between temporary file and rename
        revision = await super().write(key, data, expected=expected)
        self._dies("with the note" if is_note else "written")
        return revision

    async def delete(self, key: str, *, expected: str | None = None) -> None:
        await super().delete(key, expected=expected)
        self._dies("note deleted")

    def _dies(self, point: str) -> None:
        if point == self._point:
            die()


def _die_instead(self: Path, target: Path) -> NoReturn:
    die()


class DyingTransport(HttpTransport):
    """Upstreams that are left before they answered, or right after."""

    def __init__(self, point: str) -> None:
        super().__init__(connect_timeout=5, idle_timeout=20)
        self._point = point

    async def send(self, request: HttpRequest) -> UpstreamResponse:  # type: ignore[override]  # it is one
        if self._point == "asked":
            asyncio.get_running_loop().call_later(SERVER_THINKS / 2, die)
        response = await super().send(request)
        return Answered(response) if self._point == "answered" else response


class Answered:
    """An answer that is read to its end, and no further."""

    def __init__(self, response: UpstreamResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Headers = response.headers

    async def __aenter__(self) -> Self:
        await self._response.__aenter__()
        return self

    async def __aexit__(self, *told: object) -> None:
        await self._response.__aexit__(*told)

    async def read(self, longest: int) -> bytes:
        assert await self._response.read(longest)
        die()

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        await self._response.pump(into, flush)


async def main(folder: Path, url: str, point: str) -> None:
    store = DyingStore(folder, point)
    tending = Tending(store, DyingTransport(point), url, await read_all(store))
    await tending.refresher.fresh("ann.json")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
