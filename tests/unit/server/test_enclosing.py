"""Replies in Cloud Code's envelope."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import pytest

from cliproxy.errors import GatewayError, RequestError
from cliproxy.server.enclosing import Enclosing
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import HeaderList


class Client:
    """Remembers what it is sent."""

    def __init__(self) -> None:
        self.sent: list[object] = []

    def begin(self, framing: Framing, headers: HeaderList) -> None:
        self.sent.append((framing, headers))

    def write(self, units: Iterable[bytes]) -> None:
        self.sent.append(b"".join(units))

    async def flush(self) -> None:
        self.sent.append("flush")

    async def finish(self) -> None:
        self.sent.append("finish")

    async def whole(self, body: bytes, headers: HeaderList) -> None:
        self.sent.append((body, headers))

    async def fail(self, error: GatewayError) -> None:
        self.sent.append(error)

    def kept_alive(self) -> contextlib.AbstractAsyncContextManager[None]:
        return contextlib.nullcontext()


@pytest.mark.parametrize(
    ("unit", "sent"),
    [
        (b'data: {"a":1}\n\n', b'data: {"response":{"a":1}}\n\n'),
        (b'data: {"a":1}\r\n\r\ndata:{"b":2}\n\n', b'data: {"response":{"a":1}}\n\ndata: {"response":{"b":2}}\n\n'),
        (b'data: {"a":\ndata: 1}\n\n', b'data: {"response":{"a": 1}}\n\n'),
        (b'data: {"error":{"code":503}}\n\n', b'data: {"error":{"code":503}}\n\n'),
        (b'data:  { "error" : {}}\n\n', b'data:  { "error" : {}}\n\n'),
        (b": a comment\n\n", b""),
        (b"", b""),
    ],
)
def test_each_event_has_its_envelope(unit: bytes, sent: bytes) -> None:
    """Errors have none, and every event stays on its line."""
    client = Client()
    Enclosing(client).write([unit])

    assert client.sent == [sent]


async def test_all_else_is_passed_on() -> None:
    client, error = Client(), RequestError("no")
    way = Enclosing(client)
    way.begin(Framing.EVENT_STREAM, ())
    await way.flush()
    await way.finish()
    await way.whole(b"{}", (("a", "b"),))
    await way.fail(error)
    async with way.kept_alive():
        pass

    sent = [(Framing.EVENT_STREAM, ()), "flush", "finish", (b'{"response":{}}', (("a", "b"),)), error]
    assert client.sent == sent
