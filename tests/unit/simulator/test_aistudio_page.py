"""A browser page that dials a gateway, against a small one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from cliproxy.simulator import CutAt, Delay, Refuse, Upstream
from cliproxy.simulator.aistudio_page import Page
from tests.unit.simulator.asking import Json

BASE = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro"
BODY = '{"contents":[{"role":"user","parts":[{"text":"héllo"}]}]}'


class Gateway:
    """Takes pages that bring its key, and asks the last one that came."""

    def __init__(self) -> None:
        self.url = ""
        self.heads: list[Json] = []
        self.codes: asyncio.Queue[int | None] = asyncio.Queue()
        self._frames: asyncio.Queue[Json] = asyncio.Queue()
        self._page: web.WebSocketResponse | None = None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.query.get("key") == "wrong":
            return web.Response(status=401)
        self.heads.append({**request.query, "origin": request.headers.get("origin")})
        self._page = page = web.WebSocketResponse()
        await page.prepare(request)
        async for message in page:
            frame = msgspec.json.decode(message.data)
            if frame["type"] == "ping":
                await page.send_json({"id": frame["id"], "type": "pong"})
            else:
                await self._frames.put(frame)
        await self.codes.put(page.close_code)
        return page

    async def ask(self, action: str, name: str = "1", url: str = BASE) -> None:
        assert self._page is not None
        payload = {"method": "POST", "url": f"{url}:{action}", "headers": {"Content-Type": ["application/json"]}}
        await self._page.send_json({"id": name, "type": "http_request", "payload": {**payload, "body": BODY}})

    async def hears(self, *, until: tuple[str, ...] = ("http_response", "stream_end", "error")) -> list[Json]:
        """Return the frames of one answer."""
        frames = [await asyncio.wait_for(self._frames.get(), 5)]
        while frames[-1]["type"] not in until:
            frames.append(await asyncio.wait_for(self._frames.get(), 5))
        return frames


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()
    runner = web.ServerRunner(web.Server(gateway.handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    gateway.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/ws"
    yield gateway
    await runner.cleanup()


def text_in(frames: list[Json]) -> str:
    chunks = "".join(frame["payload"]["data"] for frame in frames if frame["type"] == "stream_chunk")
    events = [msgspec.json.decode(line[6:]) for line in chunks.splitlines() if line.startswith("data: ")]
    return "".join(part["text"] for event in events for part in event["candidates"][0]["content"]["parts"])


async def test_a_request_is_answered_whole(gateway: Gateway) -> None:
    """With its status, its headers as lists, and its body as text; the session is the page's own."""
    async with Page(gateway.url) as page:
        await gateway.ask("generateContent")
        [frame] = await gateway.hears()

    assert (frame["id"], frame["type"], frame["payload"]["status"]) == ("1", "http_response", 200)
    assert frame["payload"]["headers"]["content-type"] == ["application/json; charset=UTF-8"]
    assert "héllo" in frame["payload"]["body"]
    assert page.requests[0]["headers"] == {"Content-Type": ["application/json"]}


async def test_a_stream_comes_in_chunks(gateway: Gateway) -> None:
    """Between a start and an end."""
    async with Page(gateway.url):
        await gateway.ask("streamGenerateContent?alt=sse", "a")
        frames = await gateway.hears()

    assert [frame["type"] for frame in frames] == ["stream_start", *["stream_chunk"] * 3, "stream_end"]
    assert {frame["id"] for frame in frames} == {"a"}
    assert text_in(frames) == 'You said: "héllo".'


async def test_a_refusal_has_its_status(gateway: Gateway) -> None:
    """In a stream as well, where the body comes in chunks."""
    upstream = Upstream()
    upstream.script.add(Refuse(429), times=2)
    async with Page(gateway.url, upstream=upstream):
        await gateway.ask("generateContent")
        [whole] = await gateway.hears()
        await gateway.ask("streamGenerateContent?alt=sse")
        start, chunk, _ = await gateway.hears()

    assert whole["payload"]["status"] == start["payload"]["status"] == 429
    assert "RESOURCE_EXHAUSTED" in chunk["payload"]["data"]


async def test_the_page_itself_can_fail(gateway: Gateway) -> None:
    """As often as it was told to; and always for another host than its own."""
    async with Page(gateway.url) as page:
        page.fail("Quota of the page", 429)
        for url in (BASE, "https://example.com/v1beta/models/m", BASE):
            await gateway.ask("generateContent", url=url)
        [told], [foreign], [fine] = [await gateway.hears() for _ in range(3)]

    assert told["payload"] == {"error": "Quota of the page", "status": 429}
    assert foreign["payload"] == {"error": "Failed to fetch", "status": 0}
    assert fine["type"] == "http_response"


async def test_the_page_says_that_it_is_there(gateway: Gateway) -> None:
    """And hears that it was heard."""
    async with Page(gateway.url) as page:
        await asyncio.wait_for(page.ping(), 5)
        await asyncio.wait_for(page.ping(), 5)


async def test_a_page_says_who_it_is(gateway: Gateway) -> None:
    """By a key, an origin, and the name it had; without them it says nothing."""
    async with Page(gateway.url, key="sk", origin="https://example.com", channel="aistudio-1"), Page(gateway.url):
        assert gateway.heads == [
            {"key": "sk", "channel": "aistudio-1", "origin": "https://example.com"},
            {"origin": None},
        ]


async def test_a_page_can_be_turned_away(gateway: Gateway) -> None:
    """It hears with which status."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await Page(gateway.url, key="wrong").connect()

    assert refused.value.status == 401


async def test_a_page_is_lost_in_the_middle(gateway: Gateway) -> None:
    """By its script, without a goodbye; then it comes back."""
    upstream = Upstream()
    upstream.script.add(CutAt(100))
    async with Page(gateway.url, upstream=upstream) as page:
        await gateway.ask("streamGenerateContent?alt=sse")
        await gateway.hears(until=("stream_chunk",))
        await asyncio.wait_for(page.lost(), 5)
        assert (await asyncio.wait_for(gateway.codes.get(), 5), page.is_connected) == (1006, False)

        await page.reconnect()
        await gateway.ask("streamGenerateContent?alt=sse")
        assert (await gateway.hears())[-1]["type"] == "stream_end"
        assert page.is_connected


async def test_a_page_leaves_with_a_goodbye(gateway: Gateway) -> None:
    """Also while it is busy; nothing is left running."""
    upstream = Upstream()
    upstream.script.add(Delay(60))
    before: set[Any] = asyncio.all_tasks()
    async with Page(gateway.url, upstream=upstream) as page:
        await gateway.ask("generateContent")
        await asyncio.wait_for(page.ping(), 5)

    assert await asyncio.wait_for(gateway.codes.get(), 5) == 1000
    left = {task for task in asyncio.all_tasks() - before if "Page" in repr(task)}
    assert (left, page.is_connected) == (set(), False)


async def test_requests_are_answered_beside_one_another(gateway: Gateway) -> None:
    """A slow one holds nobody up."""
    upstream = Upstream()
    upstream.script.add(Delay(0.2))
    async with Page(gateway.url, upstream=upstream):
        await gateway.ask("generateContent", "slow")
        await gateway.ask("generateContent", "quick")
        names = [(await gateway.hears())[0]["id"] for _ in range(2)]

    assert names == ["quick", "slow"]
