"""A web page that dials in and makes calls, as a test has it answer them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import WSMsgType

Json = dict[str, Any]

PATH = "/v1/ws"
MODEL = "gemini-2.5-flash"


@dataclass
class Page:
    """A page that is connected."""

    socket: aiohttp.ClientWebSocketResponse
    name: str
    calls: list[Json] = field(default_factory=list)  # the payloads of `http_request`s
    others: list[Json] = field(default_factory=list)  # frames of any other type
    is_closed: bool = False

    @property
    def channel(self) -> str:
        return self.socket._response.headers["X-Cliproxy-Channel"]

    async def say(self, call_id: str, type_: str, **payload: Any) -> None:
        await self.socket.send_json({"id": call_id, "type": type_, **({"payload": payload} if payload else {})})

    async def die(self) -> None:
        """End as a browser does that is killed: without a close."""
        self._transport.abort()

    def stop_reading(self) -> None:
        """Take nothing in from now on."""
        self._transport.pause_reading()

    @property
    def _transport(self) -> asyncio.Transport:
        transport = self.socket._conn.transport  # type: ignore[union-attr]
        assert isinstance(transport, asyncio.Transport)
        return transport


Answer = Callable[[Page, str, Json], Coroutine[None, None, None]]


@asynccontextmanager
async def page_at(
    url: str,
    answer: Answer,
    *,
    name: str = "page",
    query: str = "",
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[Page]:
    """Dial in, and answer calls for as long as the block lasts."""
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.ws_connect(url + PATH + query, headers=headers, max_msg_size=0) as socket,
    ):
        page = Page(socket, name)
        reader = asyncio.create_task(_serve(page, answer))
        try:
            yield page
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)


async def _serve(page: Page, answer: Answer) -> None:
    tasks: set[asyncio.Task[None]] = set()
    try:
        async for message in page.socket:
            assert message.type is WSMsgType.TEXT
            frame = json.loads(message.data)
            if frame["type"] != "http_request":
                page.others.append(frame)
                continue
            page.calls.append(frame["payload"])
            task = asyncio.create_task(answer(page, frame["id"], frame["payload"]))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    finally:
        page.is_closed = True
        for task in tasks:
            task.cancel()


def reply(text: str, *, ends: bool = True) -> Json:
    """Return a Gemini reply, or one chunk of it."""
    candidate: Json = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    if ends:
        candidate["finishReason"] = "STOP"
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 5, "totalTokenCount": 8}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": MODEL}


def event(chunk: Json) -> str:
    return f"data: {json.dumps(chunk)}\r\n\r\n"


async def obliging(page: Page, call_id: str, call: Json) -> None:
    """Answer whole or as a stream, as asked; the answer names the page."""
    if call["url"].endswith(":countTokens"):
        await page.say(call_id, "http_response", status=200, body=json.dumps({"totalTokens": 42}))
    elif "stream" in call["url"]:
        await page.say(call_id, "stream_start", status=200, headers={"Content-Type": ["text/event-stream"]})
        await page.say(call_id, "stream_chunk", data=event(reply("this is ", ends=False)))
        await page.say(call_id, "stream_chunk", data=event(reply(page.name)))
        await page.say(call_id, "stream_end")
    else:
        headers = {"content-type": "application/json; charset=UTF-8"}
        body = json.dumps(reply(f"this is {page.name}"))
        await page.say(call_id, "http_response", status=200, headers=headers, body=body)
