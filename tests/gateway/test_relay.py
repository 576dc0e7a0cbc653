"""A web page dials in and serves as an upstream, for as long as it is connected."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from msgspec import structs

from cliproxy.config.schema import Config, ModelAlias, Routing
from cliproxy.server import relay
from cliproxy.simulator.aistudio_page import Page as SimulatedPage
from tests.gateway.asking import JSON_TYPE, Reply, client, eventually, read
from tests.gateway.pages import MODEL, PATH, Json, Page, event, obliging, page_at, reply
from tests.running import Running, running

WHOLE = f"/v1beta/models/{MODEL}:generateContent"
STREAM = f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse"
COUNT = f"/v1beta/models/{MODEL}:countTokens"
CONTENTS = [{"role": "user", "parts": [{"text": "hello"}]}]
KEYS = ("key-of-alice", "key-of-bob")
ALICE, BOB = "?key=key-of-alice", "?key=key-of-bob"
CHANNEL = "aistudio-0123456789abcdef"
RETRY_IN_A_MINUTE = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "60s"}
AI_STUDIO = {"Origin": "https://aistudio.google.com"}


@dataclass
class Scene:
    """A gateway without any upstream of its own."""

    gateway: Running
    session: aiohttp.ClientSession

    @property
    def url(self) -> str:
        return self.gateway.url

    async def post(self, path: str, body: Json, headers: Mapping[str, str] | None = None) -> Reply:
        data = io.BytesIO(json.dumps(body).encode())
        async with self.session.post(self.url + path, data=data, headers={**JSON_TYPE, **(headers or {})}) as response:
            return await read(response)

    async def ask(self, path: str = WHOLE, **more: Any) -> Reply:
        return await self.post(path, {"contents": CONTENTS, **more})

    @property
    def pages(self) -> list[str]:
        """The channels of those that can be asked."""
        credentials = self.gateway.gateway.snapshot.credentials
        pool = self.gateway.gateway.pool
        known = [pool.get(one.id) for one in credentials if one.provider == "aistudio"]
        return [one.id for one in known if one is not None and not one.disabled]

    async def refused(self, query: str = "", headers: Mapping[str, str] | None = None) -> int:
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await self.session.ws_connect(self.url + PATH + query, headers=headers)
        return error.value.status

    def pages_are(self, **limits: Any) -> None:
        """Set limits of those that dial in from now on."""
        pages = self.gateway.gateway._listener._pages  # type: ignore[union-attr]
        for name, limit in limits.items():
            assert hasattr(pages, name)
            setattr(pages, name, limit)

    def configured(self, **settings: Any) -> None:
        gateway = self.gateway.gateway
        gateway.configured(structs.replace(gateway.snapshot.config, **settings))


@asynccontextmanager
async def scene(**settings: Any) -> AsyncIterator[Scene]:
    usual = {"request_retry": 0, "shutdown_seconds": 0, "routing": Routing(session_affinity=False)}
    async with running(Config(**{**usual, **settings})) as gateway, client() as session:
        yield Scene(gateway, session)


def text_of(answer: Reply) -> str:
    """Return the text of a whole reply or a stream, of which all parts are there."""
    assert answer.status == 200, answer.body
    lines = [line[6:] for line in answer.body.split(b"\n") if line.startswith(b"data: ")] or [answer.body]
    chunks = [json.loads(line) for line in lines]
    assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"
    return "".join(part["text"] for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"])


@pytest.mark.parametrize("path", [WHOLE, STREAM])
async def test_a_page_answers(path: str) -> None:
    async with scene() as here, page_at(here.url, obliging) as page:
        answer = await here.ask(path, generationConfig={"temperature": 1, "maxOutputTokens": 5})

        assert text_of(answer) == "this is page"
        (call,) = page.calls
        assert call["method"] == "POST"
        assert call["url"] == f"https://generativelanguage.googleapis.com{path}"
        assert call["headers"] == {"Content-Type": ["application/json"]}
        assert json.loads(call["body"]) == {"contents": CONTENTS, "generationConfig": {"temperature": 1}}
        assert call["sent_at"].endswith("Z")
        assert here.gateway.records[0].usage.output_tokens == 5


async def test_a_client_of_another_dialect_is_served() -> None:
    async with scene() as here, page_at(here.url, obliging):
        body = {"model": MODEL, "messages": [{"role": "user", "content": "hello"}], "stream": True}
        answer = await here.post("/v1/chat/completions", body)

        assert b"this is " in answer.body
        assert answer.body.endswith(b"data: [DONE]\n\n")


async def test_a_count() -> None:
    """Nothing that the page's API does not take in a count is sent."""
    async with scene() as here, page_at(here.url, obliging) as page:
        answer = await here.ask(COUNT, tools=[{"googleSearch": {}}], generationConfig={"temperature": 1})

        assert answer.json()["totalTokens"] == 42
        assert json.loads(page.calls[0]["body"]) == {"contents": CONTENTS}


async def test_the_models_come_and_go_with_the_page() -> None:
    """They can be asked for at once, and after the last page has left nothing of it is kept."""
    async with scene() as here:
        here.gateway.gateway._guests._return_time = 0.1
        assert (await here.ask()).status == 404
        async with page_at(here.url, obliging) as page:
            assert MODEL in (await (await here.session.get(here.url + "/v1/models")).text())
            assert here.pages == [page.channel]
        await eventually(lambda: here.pages == [])
        assert MODEL not in (await (await here.session.get(here.url + "/v1/models")).text())

        await eventually(lambda: here.gateway.gateway.snapshot.credentials == (), within=2)
        assert here.gateway.gateway.pool.get(page.channel) is None
        assert (await here.ask()).status == 404


async def test_an_alias_and_an_exclusion() -> None:
    """They are those of the channel `aistudio`."""
    aliases = {"aistudio": (ModelAlias(name=MODEL, alias="flash"),)}
    exclusions = {"aistudio": ("gemini-2.5-pro",)}
    async with (
        scene(oauth_model_alias=aliases, oauth_excluded_models=exclusions) as here,
        page_at(here.url, obliging) as page,
    ):
        assert text_of(await here.ask(WHOLE.replace(MODEL, "flash"))) == "this is page"
        assert page.calls[0]["url"].endswith(WHOLE)
        assert (await here.ask(WHOLE.replace(MODEL, "gemini-2.5-pro"))).status == 404


@pytest.mark.parametrize("status", [400, 429, 500, 503])
@pytest.mark.parametrize("is_stream", [True, False])
async def test_a_refusal_has_its_status(status: int, is_stream: bool) -> None:
    """Whichever way the page tells of it, in pieces too."""
    told = json.dumps({"error": {"code": status, "message": "because", "status": "SOMETHING"}})

    async def refuse(page: Page, call_id: str, call: Json) -> None:
        if not is_stream:
            await page.say(call_id, "http_response", status=status, body=told)
            return
        await page.say(call_id, "stream_start", status=status, headers={"content-type": "application/json"})
        await page.say(call_id, "stream_chunk", data=told[:9])
        await page.say(call_id, "stream_chunk", data=told[9:])
        await page.say(call_id, "stream_end")

    async with scene() as here, page_at(here.url, refuse):
        answer = await here.ask(STREAM if is_stream else WHOLE)

        assert answer.status == status
        assert answer.json()["error"]["message"] == "because"


@pytest.mark.parametrize(
    ("frame", "status", "words"),
    [
        ({"type": "error", "payload": {"error": "the login is over", "status": 401}}, 401, "the login is over"),
        ({"type": "error", "payload": {"error": "Failed to fetch"}}, 502, "Failed to fetch"),
        ({"type": "error", "payload": {"error": {"odd": 1}, "status": "odd"}}, 502, "could not make the call"),
        ({"type": "error"}, 502, "could not make the call"),
        ({"type": "http_response"}, 502, "without saying what"),
        ({"type": "http_response", "payload": {"status": 200, "body": 7}}, 502, "without saying what"),
    ],
)
async def test_an_error_has_its_words(frame: Json, status: int, words: str) -> None:
    async def fail(page: Page, call_id: str, call: Json) -> None:
        await page.socket.send_json({"id": call_id, **frame})

    async with scene() as here, page_at(here.url, fail):
        answer = await here.ask()

        assert answer.status == status
        assert words in answer.json()["error"]["message"]


async def test_a_stream_of_a_slow_client_is_complete() -> None:
    """Nothing is dropped, however far ahead of its client the page is."""
    texts = [f"{number:06d}" + "x" * 5000 for number in range(1000)]

    async def talk(page: Page, call_id: str, call: Json) -> None:
        await page.say(call_id, "stream_start", status=200, headers={"content-type": "text/event-stream"})
        for text in texts:
            await page.say(call_id, "stream_chunk", data=event(reply(text, ends=False)))
        await page.say(call_id, "stream_chunk", data=event(reply("")))
        await page.say(call_id, "stream_end")

    async with scene() as here, page_at(here.url, talk):
        async with here.session.post(here.url + STREAM, json={"contents": CONTENTS}) as response:
            await asyncio.sleep(0.3)
            answer = await read(response)

        assert text_of(answer) == "".join(texts)


async def test_an_answer_whole_where_a_stream_was_asked_for_and_in_pieces_where_it_was_not() -> None:
    async def contrary(page: Page, call_id: str, call: Json) -> None:
        told = json.dumps(reply("as I like"))
        if "stream" in call["url"]:
            await page.say(call_id, "http_response", status=200, body=told)
        else:
            await page.say(call_id, "stream_start", status=200)
            await page.say(call_id, "stream_chunk", data=told[:20])
            await page.say(call_id, "stream_chunk", data=told[20:])
            await page.say(call_id, "stream_end")

    async with scene() as here, page_at(here.url, contrary):
        assert text_of(await here.ask(WHOLE)) == "as I like"
        assert text_of(await here.ask(STREAM)) == "as I like"


async def test_many_calls_over_one_page() -> None:
    """Each gets its own answer."""

    async def echo(page: Page, call_id: str, call: Json) -> None:
        said = json.loads(call["body"])["contents"][0]["parts"][0]["text"]
        await page.say(call_id, "stream_start", status=200, headers={"content-type": "text/event-stream"})
        for sign in said:
            await page.say(call_id, "stream_chunk", data=event(reply(sign, ends=False)))
        await page.say(call_id, "stream_chunk", data=event(reply("")))
        await page.say(call_id, "stream_end")

    async with scene() as here, page_at(here.url, echo):
        texts = [f"number {number}" for number in range(100)]
        bodies = [{"contents": [{"role": "user", "parts": [{"text": text}]}]} for text in texts]
        answers = await asyncio.gather(*(here.post(STREAM, body) for body in bodies))

        assert [text_of(answer) for answer in answers] == texts


async def test_a_page_that_dies_in_the_middle_of_a_stream() -> None:
    """The client has seen some of it, so it is told that the rest is missing."""

    async def die(page: Page, call_id: str, call: Json) -> None:
        await page.say(call_id, "stream_start", status=200, headers={"content-type": "text/event-stream"})
        await page.say(call_id, "stream_chunk", data=event(reply("the beg", ends=False)))
        await asyncio.sleep(0.05)
        await page.die()

    async with scene() as here, page_at(here.url, die):
        answer = await here.ask(STREAM)

        assert answer.status == 200
        assert b"the beg" in answer.body
        assert b'"error"' in answer.body
        assert here.pages == []


@pytest.mark.parametrize("path", [WHOLE, STREAM])
async def test_another_page_takes_over(path: str) -> None:
    """What one has not begun to answer when it dies, another answers."""

    async def die(page: Page, call_id: str, call: Json) -> None:
        await page.die()

    async with (
        scene() as here,
        page_at(here.url, die, name="first") as first,
        page_at(here.url, obliging, name="second"),
    ):
        await eventually(lambda: len(here.pages) == 2, within=3)
        while not first.calls:
            assert text_of(await here.ask(path)) == "this is second"
        await eventually(lambda: len(here.pages) == 1)


async def test_a_client_that_leaves_costs_nothing() -> None:
    """The page cannot be told; what it still says is passed over."""
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def dawdle(page: Page, call_id: str, call: Json) -> None:
        asked.set()
        await go_on.wait()
        await obliging(page, call_id, call)

    async with scene() as here, page_at(here.url, dawdle) as page:
        task = asyncio.create_task(here.ask(STREAM))
        await asked.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        go_on.set()
        await eventually(lambda: here.gateway.gateway.pool.in_flight(page.channel) == 0)
        assert text_of(await here.ask(STREAM)) == "this is page"


async def test_what_a_page_says_that_cannot_be_read() -> None:
    """It is passed over, and pings are answered in between."""
    async with scene() as here, page_at(here.url, obliging) as page:
        for garbage in ("", "nothing", "[]", '{"id": 7}', '{"type": "stream_chunk", "id": "of nobody"}', "{" * 5000):
            await page.socket.send_str(garbage)
        await page.socket.send_bytes(b"\x00\xff")
        await page.socket.send_json({"id": "1", "type": "ping"})

        assert text_of(await here.ask()) == "this is page"
        assert page.others == [{"id": "1", "type": "pong"}]


async def test_a_frame_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that sends one is told to go; its calls break off."""
    monkeypatch.setattr(relay, "LONGEST_FRAME", 100_000)

    async def shout(page: Page, call_id: str, call: Json) -> None:
        await page.say(call_id, "http_response", status=200, body="x" * 200_000)

    async with scene() as here, page_at(here.url, shout) as page:
        assert (await here.ask()).status == 502
        await eventually(lambda: page.is_closed)
        assert page.socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        ("https://aistudio.google.com", True),
        ("https://abc-123.scf.usercontent.goog", True),
        ("http://localhost:3000", True),
        ("https://evil.example", False),
        ("https://aistudio.google.com.evil.example", False),
        ("null", False),
    ],
)
async def test_from_where_a_page_may_dial_in(origin: str, is_let_in: bool) -> None:
    """Also where no key is asked for: else any page that is open in somebody's browser would serve as an upstream."""
    async with scene(ws_auth=False) as here:
        headers = {"Origin": origin}
        if is_let_in:
            async with page_at(here.url, obliging, headers=headers):
                assert text_of(await here.ask()) == "this is page"
        else:
            assert await here.refused(headers=headers) == 403


async def test_a_key_is_asked_for() -> None:
    async with scene(api_keys=KEYS) as here:
        assert await here.refused(headers=AI_STUDIO) == 401
        assert await here.refused("?key=key-of-nobody", headers=AI_STUDIO) == 401
        async with page_at(here.url, obliging, query=ALICE, headers=AI_STUDIO):
            answer = await here.post(WHOLE, {"contents": CONTENTS}, {"x-api-key": KEYS[1]})
            assert text_of(answer) == "this is page"


async def test_without_keys_pages_of_other_origins_stay_outside() -> None:
    """Where nobody can be told apart, only this machine's own are let in."""
    async with scene() as here:
        assert await here.refused(headers=AI_STUDIO) == 403


async def test_a_page_without_a_key_leaves_when_keys_are_asked_for() -> None:
    """And so does one whose key is taken away; one that has its key stays."""
    async with (
        scene(api_keys=KEYS, ws_auth=False) as here,
        page_at(here.url, obliging) as without,
        page_at(here.url, obliging, query=ALICE) as alice,
    ):
        here.configured(ws_auth=True)
        await eventually(lambda: without.is_closed)
        assert without.socket.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION
        assert not alice.is_closed

        here.configured(api_keys=KEYS[1:])
        await eventually(lambda: alice.is_closed)


async def test_a_page_that_comes_back_is_the_same() -> None:
    """Its health and its conversations are those of before."""
    query = f"?channel={CHANNEL}"
    async with scene() as here:
        async with page_at(here.url, obliging, query=query) as page:
            assert page.channel == CHANNEL
            assert here.pages == [CHANNEL]
        await eventually(lambda: here.pages == [])
        assert (await here.ask()).status == 503
        async with page_at(here.url, obliging, query=query):
            assert here.pages == [CHANNEL]
            assert text_of(await here.ask()) == "this is page"


async def test_a_page_that_dials_in_again_replaces_itself() -> None:
    """A socket may look alive for a minute after its browser went to sleep."""
    query = f"{ALICE}&channel={CHANNEL}"
    async with (
        scene(api_keys=KEYS) as here,
        page_at(here.url, obliging, query=query, name="before") as before,
        page_at(here.url, obliging, query=query, name="after"),
    ):
        await eventually(lambda: before.is_closed)
        answer = await here.post(WHOLE, {"contents": CONTENTS}, {"x-api-key": KEYS[0]})
        assert text_of(answer) == "this is after"
        assert here.pages == [CHANNEL]


async def test_a_channel_is_not_given_to_others() -> None:
    async with (
        scene(api_keys=KEYS) as here,
        page_at(here.url, obliging, query=f"{ALICE}&channel={CHANNEL}") as page,
    ):
        assert await here.refused(f"{BOB}&channel={CHANNEL}") == 409
        assert await here.refused(f"{ALICE}&channel=aistudio-short") == 400
        here.configured(ws_auth=False)
        assert await here.refused(f"?channel={CHANNEL}") == 409
        assert not page.is_closed


async def test_no_more_pages_than_are_allowed() -> None:
    async with scene() as here:
        here.pages_are(_most=1)
        async with page_at(here.url, obliging):
            assert await here.refused() == 503


async def test_none_comes_back_to_a_gateway_that_stops() -> None:
    """Under its own channel neither: the page that is there makes its calls to the end."""
    query = f"{ALICE}&channel={CHANNEL}"
    async with scene(api_keys=KEYS) as here, page_at(here.url, obliging, query=query) as page:
        here.pages_are(_is_draining=True)
        assert await here.refused(query) == 503
        assert not page.is_closed


async def test_a_plain_request_is_told_to_upgrade() -> None:
    async with scene() as here, here.session.get(here.url + PATH) as response:
        assert response.status == 426


async def test_a_stop_lets_calls_finish() -> None:
    """A request in flight that a page answers is answered, though pages are told to go."""
    asked = asyncio.Event()

    async def dawdle(page: Page, call_id: str, call: Json) -> None:
        asked.set()
        await asyncio.sleep(0.2)
        await obliging(page, call_id, call)

    async with scene(shutdown_seconds=5) as here, page_at(here.url, dawdle) as page:
        task = asyncio.create_task(here.ask())
        await asked.wait()
        await asyncio.wait_for(here.gateway.gateway.stop(), 3)
        assert text_of(await task) == "this is page"
        await eventually(lambda: page.is_closed)
        assert page.socket.close_code == aiohttp.WSCloseCode.GOING_AWAY


async def test_a_page_that_gives_no_sign_of_life_is_gone() -> None:
    """Its socket would stay open for hours when the machine with its browser loses its network."""
    async with scene() as here:
        here.pages_are(_silence=0.3)
        async with here.session.ws_connect(here.url + PATH):  # nobody reads, so nobody answers a ping
            await eventually(lambda: len(here.pages) == 1)
            await eventually(lambda: here.pages == [], within=2)


async def test_a_page_that_lives_and_says_nothing_stays() -> None:
    async with scene() as here:
        here.pages_are(_silence=0.3, _ping_every=0.1)
        async with page_at(here.url, obliging) as page:
            await asyncio.sleep(0.6)
            assert not page.is_closed
            assert text_of(await here.ask()) == "this is page"


async def test_a_page_that_takes_nothing_in_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for it is told soon."""
    monkeypatch.setattr(relay, "WRITE_TIME", 0.3)
    async with scene() as here, page_at(here.url, obliging) as page:
        page.stop_reading()
        contents = [{"role": "user", "parts": [{"text": "x" * 20_000_000}]}]
        answer = await here.post(WHOLE, {"contents": contents})

        assert answer.status == 502
        assert "not connected" in answer.json()["error"]["message"]
        await eventually(lambda: here.pages == [])


async def test_a_page_of_the_simulator() -> None:
    """It was written by the protocol's description alone, and plays what the vendor's API answers."""
    async with scene(api_keys=KEYS) as here:
        url = here.url.replace("http", "ws") + PATH
        async with SimulatedPage(url, key=KEYS[0], origin="https://aistudio.google.com", channel=CHANNEL) as page:
            await page.ping()
            for path in (WHOLE, STREAM):
                answer = await here.post(path, {"contents": CONTENTS}, {"x-api-key": KEYS[1]})
                assert text_of(answer) == 'You said: "hello".'
            page.fail("the login is over", 401)
            answer = await here.post(WHOLE, {"contents": CONTENTS}, {"x-api-key": KEYS[1]})
            assert answer.status == 401

            await page.reconnect()
            await eventually(lambda: here.pages == [CHANNEL])
            page.drop()
            await eventually(lambda: here.pages == [])


async def test_a_page_that_comes_back_rests_as_before() -> None:
    """Else a page could be asked again at once that has just been told to wait."""

    async def refuse(page: Page, call_id: str, call: Json) -> None:
        told = {"error": {"code": 429, "message": "wait", "details": [RETRY_IN_A_MINUTE]}}
        await page.say(call_id, "http_response", status=429, body=json.dumps(told))

    query = f"?channel={CHANNEL}"
    async with scene() as here:
        async with page_at(here.url, refuse, query=query):
            assert (await here.ask()).status == 429
        await eventually(lambda: here.pages == [])
        async with page_at(here.url, obliging, query=query) as page:
            assert (await here.ask()).status == 429
            assert page.calls == []


async def test_of_many_that_dial_in_at_once_under_one_channel_one_stays() -> None:
    """And it can be asked: those that were too slow take nothing along."""
    async with scene() as here, contextlib.AsyncExitStack() as stack:
        dials = (page_at(here.url, obliging, query=f"?channel={CHANNEL}") for _ in range(10))
        pages = await asyncio.gather(*(stack.enter_async_context(dial) for dial in dials))
        await eventually(lambda: sum(not page.is_closed for page in pages) == 1)

        assert text_of(await here.ask()) == "this is page"
        assert here.pages == [CHANNEL]
