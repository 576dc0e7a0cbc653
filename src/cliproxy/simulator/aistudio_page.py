"""
A browser page with a session at AI Studio, which dials a gateway and makes its HTTP calls for it.

    async with Page(f"ws://{host}/v1/ws", key="sk-client") as page:
        ...  # ask the gateway for a model of AI Studio; then look at page.requests

What it is asked for is answered by a simulated upstream, whose script and pace are the page's: a `Pause` in an answer
is waited for, a `Cut` loses the page its socket.

Source: sheet `providers/aistudio` c.
"""

import asyncio
import codecs
import itertools
import socket
from collections import deque
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import msgspec

from cliproxy.simulator.answer import Answer, Cut, JsonObject, Pause, Request
from cliproxy.simulator.loose import mapping, string
from cliproxy.simulator.upstream import Upstream

HOST = "generativelanguage.googleapis.com"  # the only one that the page may call
LARGEST_FRAME = 64 * 1024 * 1024  # bytes
SESSION = {"x-goog-api-key": "session-of-the-page"}  # in a browser it is a cookie


class Page:
    """
    One page.

    Args:
        url: Where the gateway waits for pages: `ws://` or `wss://`.
        key: The client key to come with, in the query; "": none.
        origin: Where the page is from, as a browser says it; "": it does not say.
        channel: Under which name it wants to come back; "": it is new.
        upstream: Answers for the page's session.
    """

    def __init__(
        self, url: str, *, key: str = "", origin: str = "", channel: str = "", upstream: Upstream | None = None
    ) -> None:
        self.upstream = upstream or Upstream()
        self.requests: list[JsonObject] = []  # payloads of what was asked, as they came
        self.close_code: int | None = None
        self._url = url
        self._query = {name: value for name, value in (("key", key), ("channel", channel)) if value}
        self._origin = origin or None
        self._failures: deque[tuple[str, int]] = deque()
        self._pings = itertools.count(1)
        self._pongs: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reader: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def is_connected(self) -> bool:
        """Whether the socket is open, as far as the page knows."""
        return self._reader is not None and not self._reader.done()

    async def connect(self) -> None:
        """Dial the gateway; raises aiohttp.WSServerHandshakeError where it will not have the page."""
        self._session = aiohttp.ClientSession()
        try:
            self._socket = await self._session.ws_connect(
                self._url, params=self._query, origin=self._origin, max_msg_size=LARGEST_FRAME
            )
        except BaseException:
            await self._session.close()
            raise
        self._reader = asyncio.create_task(self._read(self._socket))

    async def close(self) -> None:
        """Leave with a goodbye; answers that are under way are left unfinished."""
        if self._socket is not None:
            await self._socket.close()
        await self._gone()

    async def reconnect(self) -> None:
        """Leave, and come back as a new page."""
        await self.close()
        await self.connect()

    def drop(self) -> None:
        """Lose the socket without a goodbye, as when a lid is closed."""
        raw = self._socket.get_extra_info("socket") if self._socket is not None else None
        if raw is not None:
            raw.shutdown(socket.SHUT_RDWR)

    def fail(self, words: str = "Failed to fetch", status: int = 0, times: int = 1) -> None:
        """Have the next requests end in an error of the page itself."""
        self._failures.extend([(words, status)] * times)

    async def ping(self) -> None:
        """Say that the page is there, and wait until the gateway has heard it."""
        name = f"ping-{next(self._pings)}"
        self._pongs[name] = asyncio.Event()
        await self.send({"id": name, "type": "ping"})
        await self._pongs[name].wait()

    async def lost(self) -> None:
        """Wait until the socket has ended."""
        if self._reader is not None:
            await asyncio.wait([self._reader])

    async def send(self, frame: JsonObject) -> None:
        """Send a frame of any kind."""
        assert self._socket is not None, "the page is not connected"
        await self._socket.send_str(msgspec.json.encode(frame).decode())

    async def _gone(self) -> None:
        for task in (*self._tasks, *([self._reader] if self._reader is not None else ())):
            task.cancel()
            await asyncio.wait([task])
        if self._session is not None:
            await self._session.close()

    async def _read(self, frames: aiohttp.ClientWebSocketResponse) -> None:
        async for message in frames:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            frame = mapping(msgspec.json.decode(message.data))
            if frame.get("type") == "pong" and frame.get("id") in self._pongs:
                self._pongs.pop(frame["id"]).set()
            if frame.get("type") == "http_request":
                task = asyncio.create_task(self._serve(string(frame.get("id")), mapping(frame.get("payload"))))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        self.close_code = frames.close_code

    async def _serve(self, name: str, payload: JsonObject) -> None:
        self.requests.append(payload)
        try:
            if self._failures:
                words, status = self._failures.popleft()
                await self._say(name, "error", {"error": words, "status": status})
            elif urlsplit(string(payload.get("url"))).hostname != HOST:
                await self._say(name, "error", {"error": "Failed to fetch", "status": 0})
            else:
                await self._play(name, self.upstream.answer(_request(payload)), payload["url"])
        except _WasCut:
            self.drop()
        except (ConnectionError, aiohttp.ClientError):
            return  # the gateway left

    async def _play(self, name: str, answer: Answer, url: str) -> None:
        for piece in answer.before:
            await _wait(piece)
        head: JsonObject = {
            "status": answer.status,
            "headers": {name: [value] for name, value in answer.headers.items()},
        }
        text = codecs.getincrementaldecoder("utf-8")()
        is_stream = ":streamGenerateContent" in url
        if is_stream:
            await self._say(name, "stream_start", head)
        said: list[str] = []
        for part in answer.pieces:
            if not isinstance(part, bytes):
                await _wait(part)
            elif is_stream:
                await self._say(name, "stream_chunk", {"data": text.decode(part)})
            else:
                said.append(text.decode(part))
        if is_stream:
            await self._say(name, "stream_end")
        else:
            await self._say(name, "http_response", {**head, "body": "".join(said)})

    async def _say(self, name: str, kind: str, payload: Any = None) -> None:
        await self.send({"id": name, "type": kind} | ({} if payload is None else {"payload": payload}))


class _WasCut(Exception):  # noqa: N818 - a turn in the story, not an error
    """The script had the connection dropped."""


def _request(payload: JsonObject) -> Request:
    url = urlsplit(payload["url"])
    given = mapping(payload.get("headers"))
    headers = {
        name.lower(): values[0] if isinstance(values, list) else string(values) for name, values in given.items()
    }
    return Request(
        method=string(payload.get("method")),
        path=url.path,
        query=dict(parse_qsl(url.query)),
        headers={**headers, **SESSION},
        body=string(payload.get("body")).encode(),
        host=HOST,
    )


async def _wait(piece: Pause | Cut) -> None:
    if isinstance(piece, Cut):
        raise _WasCut
    await asyncio.sleep(piece.seconds)
