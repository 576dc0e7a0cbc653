"""
An upstream that costs little: Chat Completions on a raw asyncio protocol, streamed at a fixed pace.

The path says what is wanted: `/c<chunks>/p<milliseconds>/chat/completions`. Every chunk carries the time it was
written, in nanoseconds of the machine's monotonic clock, so that a client can tell how long it was under way.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from typing import cast

import uvloop

_PATH = re.compile(rb"POST \S*?/c(\d+)/p(\d+)/\S* HTTP")
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_CHUNK = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"m","service_tier":'
    b'"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":%b,"logprobs":null,"finish_reason":%b}]}\n\n'
)
_WHOLE = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1767225600,"model":"m","choices":[{"index":0,"message":'
    b'{"role":"assistant","content":"Hello there, this is a short answer.","refusal":null},"logprobs":null,'
    b'"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":8,"total_tokens":17}}'
)


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = bytearray()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end])
        length = _LENGTH.search(head)
        total = end + 4 + (int(length[1]) if length else 0)
        if len(self._received) < total:
            return
        body = bytes(self._received[end + 4 : total])
        del self._received[:total]
        wanted = _PATH.match(head)
        assert wanted is not None, head[:100]
        if b'"stream":true' in body or b'"stream": true' in body:
            self._task = asyncio.ensure_future(self._stream(int(wanted[1]), int(wanted[2]) / 1000))
        else:
            answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(_WHOLE)
            self._transport.write(answer + _WHOLE)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _stream(self, chunks: int, pause: float) -> None:
        write = self._transport.write
        write(_HEAD + _framed(_CHUNK % (b'{"role":"assistant","content":""}', b"null")))
        for _ in range(chunks):
            await asyncio.sleep(pause)
            write(_framed(_CHUNK % (b'{"content":" t%d"}' % time.monotonic_ns(), b"null")))
        write(_framed(_CHUNK % (b"{}", b'"stop"')) + _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n")


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
