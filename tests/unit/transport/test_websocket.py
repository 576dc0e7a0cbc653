"""Sockets to upstreams: kept for a client from turn to turn, and for nobody else."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from websockets.asyncio.client import ClientConnection

from cliproxy.transport import websocket
from cliproxy.transport.base import BrokenOff, Unreachable
from cliproxy.transport.carriers import NotUpgraded
from cliproxy.transport.websocket import SocketTransport
from cliproxy.wire.http import Carrier, HttpRequest
from tests.gateway.asking import eventually
from tests.gateway.proxies import http_proxy, socks_proxy
from tests.socket_upstream import Json, SocketUpstream, hang_up, reply, say, says, socket_upstream

LIMIT = {"type": "error", "status": 400, "error": {"code": "websocket_connection_limit_reached", "message": "an hour"}}


def asking(
    upstream: SocketUpstream, text: str = "hi", *, channel: str = "c", key: str = "sk-1", proxy: str = "", **more: str
) -> HttpRequest:
    body = json.dumps({"model": "m", "input": [{"role": "user", "content": text}], **more})
    headers = (("Authorization", f"Bearer {key}"), ("Content-Type", "application/json"), ("X-Odd", "1"))
    url = f"{upstream.url}/v1/responses"
    return HttpRequest("POST", url, headers, body.encode(), proxy, Carrier.WEBSOCKET, channel)


@asynccontextmanager
async def transport_with(
    *, connect: float = 5, idle: float = 5, answer: float | None = None, proxy: str = ""
) -> AsyncIterator[SocketTransport]:
    transport = SocketTransport(connect_timeout=connect, idle_timeout=idle, answer_timeout=answer, proxy=proxy)
    before = asyncio.all_tasks()
    try:
        yield transport
    finally:
        await transport.close()
        await eventually(lambda: not _of_library(asyncio.all_tasks() - before))


def _of_library(tasks: set[asyncio.Task[object]]) -> list[str]:
    """Return the tasks that sockets of ours have left."""
    return [str(task) for task in tasks if "websockets" in str(task) or "websocket.py" in str(task)]


@pytest.fixture
async def transport() -> AsyncIterator[SocketTransport]:
    async with transport_with() as one:
        yield one


@pytest.fixture
async def upstream() -> AsyncIterator[SocketUpstream]:
    async with socket_upstream() as one:
        yield one


@pytest.fixture(autouse=True)
def no_proxy_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def told(transport: SocketTransport, request: HttpRequest) -> list[Json]:
    """Return the events of an answer."""
    async with await transport.send(request) as response:
        assert response.status == 200
        assert response.headers.get("Content-Type") == "text/event-stream"
        stream = await response.read(1_000_000)
    events = stream.decode().split("\n\n")
    assert events.pop() == ""
    return [json.loads(event.removeprefix("data: ")) for event in events]


async def test_a_turn_is_one_frame_there_and_events_back(transport: SocketTransport, upstream: SocketUpstream) -> None:
    events = await told(transport, asking(upstream))

    assert events == reply("resp_1", "hi")
    [asked] = upstream.asked
    assert asked.body == {"type": "response.create", "model": "m", "input": [{"role": "user", "content": "hi"}]}
    assert asked.headers["Authorization"] == "Bearer sk-1"
    assert asked.headers["X-Odd"] == "1"
    assert not {"content-type", "user-agent", "sec-websocket-extensions"} & {name.lower() for name in asked.headers}


async def test_turns_of_a_client_share_a_socket_that_remembers(
    transport: SocketTransport, upstream: SocketUpstream
) -> None:
    await told(transport, asking(upstream, "one"))
    second = asking(upstream, "two", previous_response_id="resp_1")
    assert transport.holds(second)

    events = await told(transport, second)

    assert events[1]["delta"] == "one two"
    assert upstream.sockets == [1, 1]


async def test_each_client_has_its_own(transport: SocketTransport, upstream: SocketUpstream) -> None:
    await told(transport, asking(upstream, channel="a"))
    assert not transport.holds(asking(upstream, channel="b"))

    await told(transport, asking(upstream, channel="b"))
    await told(transport, asking(upstream, channel="a"))

    assert upstream.sockets == [1, 2, 1]


async def test_another_account_gets_another_and_ends_the_one_before(
    transport: SocketTransport, upstream: SocketUpstream
) -> None:
    await told(transport, asking(upstream, key="sk-1"))
    assert not transport.holds(asking(upstream, key="sk-2"))

    await told(transport, asking(upstream, key="sk-2"))

    assert upstream.sockets == [1, 2]
    assert upstream.asked[1].headers["Authorization"] == "Bearer sk-2"
    await eventually(lambda: upstream.open == 1)


async def test_a_proxy_of_no_known_kind_leads_nowhere(transport: SocketTransport, upstream: SocketUpstream) -> None:
    await told(transport, asking(upstream))
    other = asking(upstream, proxy="gopher://127.0.0.1:70")

    assert not transport.holds(other)
    with pytest.raises(Unreachable, match="proxy"):
        await transport.send(other)


async def test_without_a_channel_nothing_is_kept(transport: SocketTransport, upstream: SocketUpstream) -> None:
    await told(transport, asking(upstream, channel=""))

    await eventually(lambda: upstream.open == 0)


async def test_a_client_that_left_takes_its_socket_along(transport: SocketTransport, upstream: SocketUpstream) -> None:
    await told(transport, asking(upstream))
    assert upstream.open == 1

    transport.release("c")

    await eventually(lambda: upstream.open == 0)
    assert not transport.holds(asking(upstream))


async def test_an_idle_socket_is_closed(
    transport: SocketTransport, upstream: SocketUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "IDLE_SOCKET", 0.05)
    await told(transport, asking(upstream))

    await eventually(lambda: upstream.open == 0)


async def test_kept_sockets_are_bounded(
    transport: SocketTransport, upstream: SocketUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "MOST_SOCKETS", 3)
    for channel in "abcde":
        await told(transport, asking(upstream, channel=channel))

    await eventually(lambda: upstream.open == 3)
    assert not transport.holds(asking(upstream, channel="b"))
    assert transport.holds(asking(upstream, channel="c"))


async def test_a_turn_that_is_left_ends_the_socket(transport: SocketTransport, upstream: SocketUpstream) -> None:
    """What is still to come would be taken for the next turn's; and the upstream must stop."""
    upstream.behave.append(says(*reply("resp_1", "hi")[:2]))
    async with await transport.send(asking(upstream)):
        pass

    await eventually(lambda: upstream.open == 0)
    assert not transport.holds(asking(upstream))


async def test_a_client_that_leaves_before_the_answer_ends_the_socket(
    transport: SocketTransport, upstream: SocketUpstream
) -> None:
    upstream.behave.append(says())
    sending = asyncio.create_task(transport.send(asking(upstream)))
    await eventually(lambda: len(upstream.asked) == 1)

    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    await eventually(lambda: upstream.open == 0)


async def test_a_socket_that_closed_between_turns_is_opened_anew(
    transport: SocketTransport, upstream: SocketUpstream
) -> None:
    await told(transport, asking(upstream))
    upstream.behave.append(says(then=hang_up))

    events = await told(transport, asking(upstream, "again"))

    assert events[1]["delta"] == "again"
    assert upstream.sockets == [1, 1, 2]


async def test_a_socket_that_has_served_for_too_long_is_opened_anew(
    transport: SocketTransport, upstream: SocketUpstream
) -> None:
    await told(transport, asking(upstream))
    upstream.behave.append(says(LIMIT))

    assert (await told(transport, asking(upstream, "again")))[1]["delta"] == "again"
    assert upstream.sockets == [1, 1, 2]


async def test_a_socket_that_is_gone_without_a_word_is_found_out(
    transport: SocketTransport, upstream: SocketUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop slept, a router forgot: nothing tells but a ping that is not answered."""
    monkeypatch.setattr(websocket, "_UNCERTAIN", 0.0)
    monkeypatch.setattr(websocket, "_PONG_TIME", 0.05)
    await told(transport, asking(upstream))

    async def unanswered(connection: ClientConnection) -> asyncio.Future[float]:
        return asyncio.get_running_loop().create_future()

    monkeypatch.setattr(ClientConnection, "ping", unanswered)
    assert (await told(transport, asking(upstream, "again")))[1]["delta"] == "again"
    assert upstream.sockets == [1, 2]


async def test_a_fresh_socket_that_ends_without_a_word_is_no_answer(
    transport: SocketTransport, upstream: SocketUpstream
) -> None:
    """It is not tried again here: another account may do better."""
    upstream.behave += [says(then=hang_up), says(then=hang_up)]
    with pytest.raises(Unreachable, match="closed: cut"):
        await transport.send(asking(upstream))

    assert len(upstream.asked) == 1


async def test_a_cut_in_the_middle_is_told(transport: SocketTransport, upstream: SocketUpstream) -> None:
    upstream.behave.append(says(*reply("resp_1", "hi")[:2], then=hang_up))
    async with await transport.send(asking(upstream)) as response:
        with pytest.raises(BrokenOff, match="in the middle"):
            await response.read(1000)


async def test_silence_is_bounded(upstream: SocketUpstream) -> None:
    upstream.behave += [says(*reply("resp_1", "hi")[:2]), says()]
    async with transport_with(idle=0.05, answer=0.1) as transport:
        async with await transport.send(asking(upstream)) as response:
            with pytest.raises(BrokenOff, match="silent"):
                await response.read(1000)
        with pytest.raises(Unreachable, match="in time") as error:
            await transport.send(asking(upstream))

    assert error.value.timed_out


async def test_a_refused_upgrade_is_an_answer(transport: SocketTransport, upstream: SocketUpstream) -> None:
    """Quotas are told in it: status, headers and body arrive as they would over HTTP."""
    headers = [("x-codex-primary-used-percent", "100"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    body = b'{"error":{"type":"usage_limit_reached","resets_in_seconds":60}}'
    refusal = web.Response(status=429, body=body, content_type="application/json")
    for name, value in headers:
        refusal.headers.add(name, value)
    upstream.refusals.append(refusal)

    async with await transport.send(asking(upstream)) as response:
        assert response.status == 429
        assert response.headers["X-Codex-Primary-Used-Percent"] == "100"
        assert dict(response.headers.items())["Content-Type"].startswith("application/json")
        assert await response.read(1000) == body


async def test_a_redirect_is_not_followed(transport: SocketTransport, upstream: SocketUpstream) -> None:
    """The key in the headers is for this address and no other."""
    upstream.refusals.append(web.Response(status=307, headers={"Location": f"{upstream.url}/v1/responses"}))
    async with await transport.send(asking(upstream)) as response:
        assert response.status == 307

    assert upstream.asked == []


async def test_an_upstream_without_websockets_is_remembered(
    transport: SocketTransport, upstream: SocketUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "PLAIN_TIME", 0.1)
    upstream.refusals.append(web.Response(status=426))
    for _ in range(2):
        with pytest.raises(NotUpgraded):
            await transport.send(asking(upstream))
    assert len(upstream.handshakes) == 1

    await asyncio.sleep(0.15)

    assert await told(transport, asking(upstream))


async def test_what_comes_with_the_upgrade_is_told_once(transport: SocketTransport, upstream: SocketUpstream) -> None:
    upstream.told = {"x-codex-primary-used-percent": "50"}
    async with await transport.send(asking(upstream)) as response:
        await response.read(100_000)
        assert response.headers["X-Codex-Primary-Used-Percent"] == "50"
        assert not {"upgrade", "connection"} & {name.lower() for name, _ in response.headers.items()}

    async with await transport.send(asking(upstream)) as response:
        assert response.headers.get("X-Codex-Primary-Used-Percent") is None


async def test_it_goes_through_a_proxy_with_a_login(upstream: SocketUpstream) -> None:
    async with http_proxy("joe:s p?") as proxy, transport_with(proxy=proxy.with_login("joe:s%20p%3F")) as transport:
        assert await told(transport, asking(upstream))

        assert proxy.destinations == [f"CONNECT 127.0.0.1:{upstream.port}"]
        assert await told(transport, asking(upstream, channel="d", proxy="direct"))
        assert len(proxy.destinations) == 1


async def test_names_are_resolved_at_a_socks_proxy(upstream: SocketUpstream) -> None:
    async with socks_proxy("joe:hush") as proxy, transport_with() as transport:
        request = asking(upstream, proxy=proxy.url)
        named = HttpRequest("POST", request.url.replace("127.0.0.1", "upstream.example"), *_rest(request))
        assert await told(transport, named)

        assert proxy.destinations == [f"upstream.example:{upstream.port}"]


def _rest(request: HttpRequest) -> tuple[tuple[tuple[str, str], ...], bytes, str, Carrier, str]:
    return request.headers, request.body, request.proxy, request.carrier, request.channel


@pytest.mark.parametrize("kind", ["http", "socks5", "http gone", "socks5 gone"])
async def test_a_proxy_that_refuses_is_named_without_its_password(upstream: SocketUpstream, kind: str) -> None:
    scheme, _, is_gone = kind.partition(" ")
    serve = socks_proxy if scheme == "socks5" else http_proxy
    async with serve("joe:hush") as proxy, transport_with() as transport:
        url = f"{scheme}://joe:wrong@127.0.0.1:9" if is_gone else proxy.with_login("joe:wrong")
        with pytest.raises(Unreachable, match=r"the proxy 127\.0\.0\.1:") as error:
            await transport.send(asking(upstream, proxy=url))

    assert "wrong" not in str(error.value)
    assert "hush" not in str(error.value)


async def test_another_proxy_ends_what_is_kept(transport: SocketTransport, upstream: SocketUpstream) -> None:
    await told(transport, asking(upstream))
    transport.configure(connect_timeout=5, idle_timeout=5)
    assert transport.holds(asking(upstream))

    transport.configure(connect_timeout=5, idle_timeout=5, proxy="direct")

    await eventually(lambda: upstream.open == 0)


async def test_other_trust_ends_a_socket_whose_turn_was_under_way(
    transport: SocketTransport, upstream: SocketUpstream
) -> None:
    async with await transport.send(asking(upstream)) as response:
        transport.configure(connect_timeout=5, idle_timeout=5, tls=ssl.create_default_context())
        await response.read(1_000_000)

    assert not transport.holds(asking(upstream))
    await told(transport, asking(upstream))
    assert len({one.socket for one in upstream.asked}) == 2


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://127.0.0.1:0/", "https://127.0.0.1:9/", "nonsense"])
async def test_nobody_there(transport: SocketTransport, url: str) -> None:
    with pytest.raises(Unreachable):
        await transport.send(HttpRequest("POST", url, (), b"{}", carrier=Carrier.WEBSOCKET, channel="c"))


async def test_a_header_with_a_line_break_is_not_sent(transport: SocketTransport, upstream: SocketUpstream) -> None:
    with pytest.raises(Unreachable, match="line break"):
        await transport.send(asking(upstream, key="sk-1\r\nX-Other: 1"))

    assert upstream.handshakes == []


async def test_fifty_at_once(transport: SocketTransport, upstream: SocketUpstream) -> None:
    async def talk(channel: str) -> str:
        await told(transport, asking(upstream, f"{channel}a", channel=channel))
        return str((await told(transport, asking(upstream, f"{channel}b", channel=channel)))[1]["delta"])

    said = await asyncio.gather(*(talk(f"c{number}") for number in range(50)))

    assert said == [f"c{number}b" for number in range(50)]
    assert upstream.open == 50
    await transport.close()
    await eventually(lambda: upstream.open == 0)


async def test_a_slow_reader_slows_the_upstream_and_loses_nothing(
    transport: SocketTransport, upstream: SocketUpstream
) -> None:
    async def flood(socket: web.WebSocketResponse, body: Json) -> bool:
        for number in range(500):
            await say(socket, {"type": "response.output_text.delta", "delta": f"{number} " + "x" * 10_000})
        return True

    upstream.behave.append(flood)
    events: list[bytes] = []

    async def lag() -> None:
        if len(events) < 20:
            await asyncio.sleep(0.005)

    async with await transport.send(asking(upstream)) as response:
        await response.pump(events.append, lag)

    assert len(events) == 504
    assert [int(json.loads(event[5:])["delta"].split(" ")[0]) for event in events[:500]] == list(range(500))


async def test_an_address_that_is_none_is_nowhere(transport: SocketTransport) -> None:
    """An account's file may hold anything; another account can be asked then."""
    nowhere = HttpRequest("POST", "https://[::1/v1/responses", (), b"{}", carrier=Carrier.WEBSOCKET, channel="c")

    with pytest.raises(Unreachable, match="address cannot be used"):
        await transport.send(nowhere)
