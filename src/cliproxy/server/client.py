"""The client over aiohttp: reading its request, bounded, and writing its reply."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Iterable, Mapping

from aiohttp import ContentTypeError, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_exceptions import HTTPException

from cliproxy.dialects.base import Dialect
from cliproxy.errors import GatewayError, RequestError, UpstreamError
from cliproxy.wire import json_array, sse
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import HeaderList, Inbound

BODY_IDLE_TIMEOUT = 60.0  # seconds of silence in the middle of a body

REQUEST_TIMEOUT = 408

_CONTENT_TYPES = {
    Framing.WHOLE: "application/json",
    Framing.EVENT_STREAM: sse.CONTENT_TYPE,
    Framing.JSON_ARRAY: json_array.CONTENT_TYPE,
}
_UNREADABLE = (web.RequestPayloadError, HttpProcessingError, ContentTypeError, HTTPException)


def inbound_of(request: web.BaseRequest, longest_body: int, *, idle_timeout: float = BODY_IDLE_TIMEOUT) -> Inbound:
    """
    Return a request as the other rooms see it.

    Args:
        request: As aiohttp has it.
        longest_body: Bytes, also of what an encoded body unpacks to.
        idle_timeout: Seconds of silence in the middle of a body.
    """

    async def read() -> bytes:
        return await read_body(request, longest_body, idle_timeout=idle_timeout)

    return Inbound(
        method=request.method,
        path=request.path,
        query=request.query,
        headers=request.headers,
        peer=request.remote or "",
        read=read,
    )


async def read_body(request: web.BaseRequest, longest: int, *, idle_timeout: float = BODY_IDLE_TIMEOUT) -> bytes:
    """
    Return the body, unpacked.

    Raises:
        RequestError: 413 too long, 408 too slow, 400 broken.
    """
    if request.content_length is not None and request.content_length > longest:
        raise _too_long(longest)
    await _ask_for_body(request)
    content = request.content
    if content.is_eof() and content.exception() is None:  # as small ones are, by the time anybody looks
        body = content.read_nowait(-1)
        if len(body) > longest:
            raise _too_long(longest)
        return body
    chunks: list[bytes] = []
    size = 0
    try:
        while True:
            async with asyncio.timeout(idle_timeout):
                chunk = await content.readany()
            if not chunk:
                return b"".join(chunks)
            size += len(chunk)
            if size > longest:
                raise _too_long(longest)
            chunks.append(chunk)
    except TimeoutError:
        raise RequestError("the body did not arrive in time", status=REQUEST_TIMEOUT, code="timeout") from None
    except _UNREADABLE as error:
        reason = (str(error) or type(error).__name__).splitlines()[-1].strip()
        raise RequestError(f"the body cannot be read: {reason}") from None


async def _ask_for_body(request: web.BaseRequest) -> None:
    """Tell a client to go on that waits to be told, as curl does before a large body. aiohttp leaves that to us."""
    if request.headers.get("expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # else it counts as the reply


def _too_long(longest: int) -> RequestError:
    return RequestError(
        f"the body is larger than {longest // (1024 * 1024)} MB (setting `limits.max-body-mb`)",
        status=413,
        code="too_large",
    )


class HttpClient:
    """The way back to a client. Everything it is sent goes through here."""

    def __init__(
        self,
        request: web.BaseRequest,
        dialect: Dialect,
        framing: Framing,
        headers: Mapping[str, str],
        *,
        silence: float | None = None,
    ) -> None:
        """
        Make the way back.

        Args:
            request: What is answered.
            dialect: In which errors and keep-alives are written.
            framing: In which the reply was asked for.
            headers: Sent with whatever is sent.
            silence: Seconds after which a keep-alive goes out; None: never.
        """
        self.response: web.StreamResponse | None = None
        self._request = request
        self._dialect = dialect
        self._framing = framing
        self._headers = dict(headers)
        self._buffer: list[bytes] = []
        self._silence = silence
        self._written_at = 0.0  # on the loop's clock
        self._units = 0
        self._opening = asyncio.Lock()
        self._keeper: asyncio.Task[None] | None = None

    def begin(self, framing: Framing, headers: HeaderList) -> None:
        """A stream follows; its head goes out with the first flush."""
        self._framing = framing
        self._pass_on(headers)

    def write(self, units: Iterable[bytes]) -> None:
        """Put framed units into the buffer."""
        self._buffer.extend(units)

    async def flush(self) -> None:
        """Put the buffer onto the socket; waits while the client lags."""
        buffer = self._buffer
        if not buffer:
            return
        data = buffer[0] if len(buffer) == 1 else b"".join(buffer)
        buffer.clear()
        self._units += 1
        if self.response is None:
            await self._open()
        assert self.response is not None
        await self.response.write(data)
        if self._silence is not None:
            self._written_at = asyncio.get_running_loop().time()

    async def finish(self) -> None:
        """The stream is complete."""
        await self.flush()
        if self.response is None:
            await self._open()
        assert self.response is not None
        self._keep_alive_no_more()
        await self.response.write_eof()

    async def whole(self, body: bytes, headers: HeaderList) -> None:
        """Send a whole reply."""
        if self.response is not None:  # keep-alives have gone out; white space before JSON is JSON
            self._buffer.append(body)
            await self.finish()
            return
        self._pass_on(headers)
        await self._send(200, body)

    async def fail(self, error: GatewayError) -> None:
        """Send an error: with its status, or within what has begun."""
        if self.response is None:
            if error.retry_after is not None:
                self._headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
            body = error.body if isinstance(error, UpstreamError) and error.body else b""
            await self._send(error.status, body or self._dialect.encode_error(error, Framing.WHOLE))
            return
        unit = self._dialect.encode_error(error, self._framing)
        if self._framing is Framing.JSON_ARRAY:
            unit = b"%b%b\n]" % (b",\n" if self._units else b"[", unit)
        self._buffer.append(unit)
        await self.finish()

    def kept_alive(self) -> contextlib.AbstractAsyncContextManager[None]:
        """While inside, tell a waiting client after each stretch of silence that it is not forgotten."""
        return contextlib.nullcontext() if self._silence is None else self._kept_alive(self._silence)

    @contextlib.asynccontextmanager
    async def _kept_alive(self, silence: float) -> AsyncIterator[None]:
        self._keeper = asyncio.create_task(self._keep_alive(silence))
        try:
            yield
        finally:
            self._keep_alive_no_more()

    def _keep_alive_no_more(self) -> None:
        """Nothing may follow the end of a reply, however long a slow client takes to fetch it."""
        if self._keeper is not None:
            self._keeper.cancel()

    async def _keep_alive(self, silence: float) -> None:
        with contextlib.suppress(ConnectionError):  # the client left; whoever answers it is told
            await self._break_silence(silence)

    async def _break_silence(self, silence: float) -> None:
        loop = asyncio.get_running_loop()
        self._written_at = loop.time()
        while True:
            await asyncio.sleep(max(0.0, self._written_at + silence - loop.time()))
            if loop.time() - self._written_at < silence:
                continue
            if self.response is None:
                await self._open()
            assert self.response is not None
            await self.response.write(self._dialect.keep_alive[self._framing])
            self._written_at = loop.time()

    def _pass_on(self, headers: HeaderList) -> None:
        """Add the upstream's headers, but for those that are ours already."""
        taken = {name.lower() for name in self._headers}
        self._headers.update((name, value) for name, value in headers if name.lower() not in taken)

    async def _open(self) -> None:
        async with self._opening:
            if self.response is None:
                response = web.StreamResponse(headers=self._headers)
                response.content_type = _CONTENT_TYPES[self._framing]
                if self._framing is Framing.EVENT_STREAM:
                    response.charset = "utf-8"
                    response.headers["Cache-Control"] = "no-cache"
                    response.headers["X-Accel-Buffering"] = "no"
                await response.prepare(self._request)
                self.response = response

    async def _send(self, status: int, body: bytes) -> None:
        self._keep_alive_no_more()
        response = web.Response(status=status, body=body, content_type="application/json", headers=self._headers)
        if status == REQUEST_TIMEOUT or self._request.content.exception() is not None:
            response.force_close()  # where this body ends and another request begins, nobody knows
        self.response = response
        await response.prepare(self._request)
        await response.write_eof()
