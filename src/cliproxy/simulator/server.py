"""The simulated upstream on loopback: a thin skin that keeps the time and notices when a caller leaves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import TypeAlias

from aiohttp import web

from cliproxy.simulator.answer import Answer, Call, Cut, Pause, Request
from cliproxy.simulator.upstream import Upstream

LARGEST_BODY = 256 * 1024 * 1024  # bytes
Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
GRACE = 0.05  # seconds that an unfinished answer gets when serving ends; aiohttp takes 0 for ever


class Serving:
    """A simulated upstream that is listening."""

    def __init__(self, upstream: Upstream, host: str, port: int) -> None:
        self.upstream = upstream
        self.host = host
        self.port = port

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://{self.host}:{self.port}"

    def __str__(self) -> str:
        return self.url


@asynccontextmanager
async def serving(upstream: Upstream, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Serving]:
    """Serve an upstream as long as the block lasts. Port 0 takes any free one."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        return await play(upstream.answer(await read(request)), request)

    async with listening(handle, None, host=host, port=port) as [bound]:
        yield Serving(upstream, host, bound)


@asynccontextmanager
async def listening(
    handle: Handler, *contexts: SSLContext | None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[list[int]]:
    """Listen as long as the block lasts, once for each context: with TLS, or without for None. Yields the ports."""
    server = web.Server(handle, handler_cancellation=True, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=GRACE)
    await runner.setup()
    try:
        for context in contexts:
            await web.TCPSite(runner, host, port, ssl_context=context).start()
        yield [address[1] for address in runner.addresses]
    finally:
        await runner.cleanup()


async def read(request: web.BaseRequest) -> Request:
    """Return a request with all of its body."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(max_size=LARGEST_BODY, actual_size=len(body))
    return Request(
        method=request.method,
        path=request.path,
        query=dict(request.query),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=bytes(body),
        host=(request.host.rpartition(":")[0] or request.host).lower(),
    )


async def play(answer: Answer, request: web.BaseRequest) -> web.StreamResponse:
    """Send an answer to whoever asked, piece by piece, and note on its call how that went."""
    call = answer.call or Call(request.method, request.path, {}, {}, b"", key="", model="")
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    if isinstance(answer.pieces, tuple) and len(answer.pieces) < 2 and not _is_event_stream(answer):
        response.content_length = sum(len(piece) for piece in answer.pieces if isinstance(piece, bytes))
    try:
        for piece in answer.before:
            await _wait_or_cut(piece, request)
        await response.prepare(request)
        for part in answer.pieces:
            if isinstance(part, bytes):
                call.sent += len(part)
                await response.write(part)
            else:
                await _wait_or_cut(part, request)
        await response.write_eof()
    except _WasCut:
        call.finished = True
    except (asyncio.CancelledError, ConnectionError):
        call.abandoned = True
        raise
    else:
        call.finished = True
    return response


def _is_event_stream(answer: Answer) -> bool:
    return answer.headers.get("content-type", "").startswith("text/event-stream")


async def _wait_or_cut(piece: Pause | Cut, request: web.BaseRequest) -> None:
    if isinstance(piece, Pause):
        await asyncio.sleep(piece.seconds)
        return
    if request.transport is not None:
        request.transport.abort()
    raise _WasCut


class _WasCut(Exception):  # noqa: N818 - a turn in the story, not an error
    """The script had the connection dropped."""
