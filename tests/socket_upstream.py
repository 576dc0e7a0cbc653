"""
An upstream that serves Responses over websockets and, at the same address, over HTTP.

It answers with the texts of all user messages it knows of: those of the request, and those of the turn before on the
same socket where the request goes on from that by its id. So a test sees in the answer what an upstream remembered.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

Json = dict[str, Any]
Socket = web.WebSocketResponse


@dataclass
class Asked:
    """One request, and over which socket it came; 0: over HTTP."""

    socket: int
    body: Json
    headers: Mapping[str, str]


@dataclass
class SocketUpstream:
    """What it was asked, and how it is to behave."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    handshakes: list[Mapping[str, str]] = field(default_factory=list)
    refusals: list[web.Response] = field(default_factory=list)  # of the next handshakes
    behave: list[Callable[[Socket, Json], Awaitable[bool]]] = field(default_factory=list)  # of the next turns
    told: dict[str, str] = field(default_factory=dict)  # headers of every upgrade
    open: int = 0  # sockets

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sockets(self) -> list[int]:
        """Over which socket each request came."""
        return [asked.socket for asked in self.asked]

    async def upgrade(self, request: web.Request) -> web.StreamResponse:
        self.handshakes.append(request.headers)
        if self.refusals:
            return self.refusals.pop(0)
        socket = Socket(max_msg_size=0)
        socket.headers.update(self.told)
        await socket.prepare(request)
        self.open += 1
        try:
            await self._serve(socket, len(self.handshakes), request.headers)
        finally:
            self.open -= 1
        return socket

    async def _serve(self, socket: Socket, number: int, headers: Mapping[str, str]) -> None:
        last, known = "", list[str]()
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            body = json.loads(message.data)
            self.asked.append(Asked(number, body, headers))
            if self.behave and not await self.behave.pop(0)(socket, body):
                continue
            before = body.get("previous_response_id")
            if before and before != last:
                await say(socket, unknown(before))
                continue
            known = [*(known if before else ()), *texts_of(body)]
            last = f"resp_{len(self.asked)}"
            for event in reply(last, " ".join(known)):
                await say(socket, event)

    async def post(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(Asked(0, body, request.headers))
        events = reply(f"resp_{len(self.asked)}", " ".join(texts_of(body)))
        frames = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
        return web.Response(text=frames, content_type="text/event-stream")


@asynccontextmanager
async def socket_upstream() -> AsyncIterator[SocketUpstream]:
    """Serve one for as long as the block lasts."""
    upstream = SocketUpstream()
    app = web.Application(client_max_size=0)
    for base in ("/v1", "/backend-api/codex"):
        app.router.add_get(f"{base}/responses", upstream.upgrade)
        app.router.add_post(f"{base}/responses", upstream.post)
    runner = web.AppRunner(app, shutdown_timeout=0.05)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    upstream.port = runner.addresses[0][1]
    try:
        yield upstream
    finally:
        await runner.cleanup()


def reply(id_: str, text: str) -> list[Json]:
    """Return the events of a reply."""
    item = {
        "type": "message",
        "id": f"msg_{id_}",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text}],
    }
    response = {"id": id_, "object": "response", "status": "in_progress", "output": []}
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    done = {**response, "status": "completed", "output": [item], "usage": usage}
    return [
        {"type": "response.created", "response": response},
        {"type": "response.output_text.delta", "item_id": item["id"], "output_index": 0, "delta": text},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": done},
    ]


def unknown(id_: str) -> Json:
    """Return what is said of a reply that the socket does not know."""
    message = f"Previous response with id '{id_}' not found."
    error = {"type": "invalid_request_error", "code": "previous_response_not_found", "message": message}
    return {"type": "error", "status": 400, "error": error}


def texts_of(body: Json) -> list[str]:
    """Return what the user says in a request."""
    given = body["input"]
    if isinstance(given, str):
        return [given]
    said = [item["content"] for item in given if item.get("role") == "user"]
    return [text if isinstance(text, str) else text[0]["text"] for text in said]


async def say(socket: Socket, event: Json) -> None:
    await socket.send_str(json.dumps(event))


def says(*events: Json, then: Callable[[Socket], Awaitable[object]] | None = None) -> Callable[..., Awaitable[bool]]:
    """Return a behaviour: say these, do that, and answer no more."""

    async def behave(socket: Socket, body: Json) -> bool:
        for event in events:
            await say(socket, event)
        if then is not None:
            await then(socket)
        return False

    return behave


async def hang_up(socket: Socket) -> None:
    """End the connection without a word."""
    writer = socket._writer
    assert writer is not None
    assert writer.transport is not None
    writer.transport.abort()
    await asyncio.sleep(0)
