"""Calls to upstreams, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator

import pytest

from cliproxy.simulator import Call, CutAt, Drip, Fault, Hang, Rule, Script, Serving, Upstream, serving
from cliproxy.simulator.faults import Match
from cliproxy.transport.base import BrokenOff, TooLong, Unreachable
from cliproxy.transport.http import HttpTransport
from cliproxy.wire.http import HeaderList, HttpRequest
from tests.unit.transport.wires import (
    OK,
    Listening,
    Reader,
    Writer,
    answering,
    answers,
    listening,
    request_in,
    socks_proxy,
)

BODY = b'{"model":"simulated","messages":[{"role":"user","content":"one two three four five"}],"stream":true}'
SCRAMBLED = "user:hush"  # stands in proxy URLs, and must not stand anywhere else


def asking(url: str, *, body: bytes = BODY, proxy: str = "", headers: HeaderList = ()) -> HttpRequest:
    return HttpRequest("POST", url, (("Authorization", "Bearer sk-1"), *headers), body, proxy)


def to(server: Serving) -> HttpRequest:
    return asking(f"{server.url}/v1/chat/completions")


@contextlib.asynccontextmanager
async def transport_with(
    *, connect: float = 5, idle: float = 5, answer: float | None = None, proxy: str = ""
) -> AsyncIterator[HttpTransport]:
    transport = HttpTransport(connect_timeout=connect, idle_timeout=idle, answer_timeout=answer, proxy=proxy)
    try:
        yield transport
    finally:
        await transport.close()


@pytest.fixture(autouse=True)
def no_proxy_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    async with transport_with() as one:
        yield one


@contextlib.asynccontextmanager
async def upstream_with(fault: Fault | None = None) -> AsyncIterator[Serving]:
    rules = [Rule(Match(), fault, times=None)] if fault is not None else []
    async with serving(Upstream(script=Script(*rules))) as server:
        yield server


async def settled(call: Call) -> Call:
    """Wait until the upstream knows how a call ended."""
    async with asyncio.timeout(5):
        while not (call.finished or call.abandoned):
            await asyncio.sleep(0.005)
    return call


async def whole(server: Serving) -> bytes:
    """Return what the upstream sends where nothing goes wrong."""
    async with upstream_with() as sound, transport_with() as transport, await transport.send(to(sound)) as response:
        return await response.read(1_000_000)


# What goes out


async def test_a_request_goes_out_as_it_was_prepared(transport: HttpTransport) -> None:
    """No header is added that a vendor could count as a client of its own, and none is renamed."""
    async with listening(answers) as server:
        request = asking(
            f"{server.url}/a%2Fb?key=x%20y", headers=(("X-ODD_case", "1"), ("Accept", "text/event-stream"))
        )
        async with await transport.send(request) as response:
            assert await response.read(100) == b"ok"

    [head] = server.heads
    line, *headers = head.strip().split("\r\n")
    assert line == "POST /a%2Fb?key=x%20y HTTP/1.1"
    assert sorted(headers) == sorted(
        [
            f"Host: 127.0.0.1:{server.port}",
            "Authorization: Bearer sk-1",
            "X-ODD_case: 1",
            "Accept: text/event-stream",
            f"Content-Length: {len(BODY)}",
        ]
    )
    assert server.bodies == [BODY]


async def test_a_body_of_many_megabytes_goes_out_whole(transport: HttpTransport) -> None:
    """Pictures and long talks; nobody is warned of them either."""
    body = bytes(range(256)) * 20_000
    async with listening(answers) as server, await transport.send(asking(server.url, body=body)) as response:
        assert await response.read(100) == b"ok"

    assert server.bodies == [body]


async def test_a_redirect_is_an_answer_like_any_other(transport: HttpTransport) -> None:
    """Followed, it would carry the key to whoever is named there."""
    elsewhere = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    async with listening(answering(elsewhere)) as server, await transport.send(asking(server.url)) as response:
        assert response.status == 307
        assert response.headers["LOCATION"] == "http://127.0.0.1:1/"


async def test_cookies_are_not_kept(transport: HttpTransport) -> None:
    """They would tie one account's requests to another's."""

    async def talk(seen: Listening, reader: Reader, writer: Writer) -> None:
        while True:
            await request_in(seen, reader)
            writer.write(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n"))

    async with listening(talk) as server:
        for _ in range(2):
            async with await transport.send(asking(server.url)) as response:
                await response.read(100)

    assert "cookie" not in server.heads[1].lower()


# What comes back


async def test_chunks_are_handed_on_as_they_arrive(transport: HttpTransport) -> None:
    """Each is flushed before the next is read: a slow client slows its upstream, and no memory fills."""
    order: list[str] = []
    got: list[bytes] = []

    def into(chunk: bytes) -> None:
        order.append("into")
        got.append(chunk)

    async def flush() -> None:
        await asyncio.sleep(0)
        order.append("flush")

    async with upstream_with(Drip(size=40, pause=0.001)) as server:
        async with await transport.send(to(server)) as response:
            await response.pump(into, flush)
        assert b"".join(got) == await whole(server)

    assert len(got) > 5
    assert order == ["into", "flush"] * len(got)


async def test_what_is_compressed_stays_so(transport: HttpTransport) -> None:
    """Nobody asked for it; it is passed on with the header that says so."""
    packed = gzip.compress(b"ok")
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    async with listening(answering(head, packed)) as server, await transport.send(asking(server.url)) as response:
        assert await response.read(1000) == packed


async def test_a_whole_body_is_bounded(transport: HttpTransport) -> None:
    """A server that never ends must not fill our memory."""
    async with upstream_with() as server:
        length = len(await whole(server))
        async with await transport.send(to(server)) as response:
            assert len(await response.read(length)) == length
        async with await transport.send(to(server)) as response:
            with pytest.raises(TooLong):
                await response.read(length - 1)


# Connections


async def test_a_connection_is_used_again_after_a_whole_answer(transport: HttpTransport) -> None:
    """Opening one costs more than all the rest of a small request."""
    async with listening(answers) as server:
        for _ in range(3):
            async with await transport.send(asking(server.url)) as response:
                await response.read(100)

    assert server.connections == 1
    assert len(server.heads) == 3


async def test_requests_side_by_side_have_connections_of_their_own(transport: HttpTransport) -> None:
    """As many as there are: streams last, and nobody waits for another's."""

    async def held(seen: Listening, reader: Reader, writer: Writer) -> None:
        await request_in(seen, reader)
        while seen.connections < 110:
            await asyncio.sleep(0.005)
        writer.write(OK)

    async def ask(url: str) -> bytes:
        async with await transport.send(asking(url)) as response:
            return await response.read(100)

    async with listening(held) as server, asyncio.timeout(20):
        assert await asyncio.gather(*(ask(server.url) for _ in range(110))) == [b"ok"] * 110


async def test_leaving_an_unread_answer_closes_its_connection(transport: HttpTransport) -> None:
    """The upstream stops producing what nobody wants, and stops charging for it."""
    async with upstream_with(Drip(size=1, pause=0.01)) as server:
        async with await transport.send(to(server)):
            pass
        assert (await settled(server.upstream.calls[0])).abandoned


async def test_a_cancelled_pump_closes_its_connection(transport: HttpTransport) -> None:
    """That is how a client's leaving arrives here."""
    arrived = asyncio.Event()

    async def ask(server: Serving) -> None:
        async with await transport.send(to(server)) as response:
            await response.pump(lambda _: arrived.set(), no_flush)

    async with upstream_with(Drip(size=1, pause=0.01)) as server:
        task = asyncio.create_task(ask(server))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await settled(server.upstream.calls[0])).abandoned


async def test_a_request_cancelled_before_its_answer_closes_its_connection(transport: HttpTransport) -> None:
    """The client did not want to wait for the first word."""
    async with upstream_with(Hang()) as server:
        task = asyncio.create_task(transport.send(to(server)))
        while not server.upstream.calls:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await settled(server.upstream.calls[0])).abandoned


async def test_a_fault_of_whoever_reads_closes_the_connection(transport: HttpTransport) -> None:
    """Its error comes out as it was."""

    def into(_: bytes) -> None:
        raise ValueError("no reply of ours")

    async with upstream_with(Drip(size=1, pause=0.01)) as server:
        with pytest.raises(ValueError, match="no reply of ours"):
            async with await transport.send(to(server)) as response:
                await response.pump(into, no_flush)
        assert (await settled(server.upstream.calls[0])).abandoned


# What goes wrong


async def no_flush() -> None:
    pass


async def test_nobody_listens(transport: HttpTransport) -> None:
    """The commonest fault of a configuration."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1?key=hush"
        with pytest.raises(Unreachable, match=r"^127\.0\.0\.1 could not be reached: ") as refused:
            await transport.send(asking(url))

    assert not refused.value.timed_out
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://nowhere.invalid/v1", "http://127.0.0.1:99999/v1", "ftp://127.0.0.1/v1"])
async def test_an_address_that_leads_nowhere(transport: HttpTransport, url: str) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(Unreachable):
        await transport.send(asking(url))


async def test_a_connection_cut_before_the_answer(transport: HttpTransport) -> None:
    """Nothing came: somebody else can be asked."""
    async with upstream_with(CutAt(None)) as server:
        with pytest.raises(Unreachable):
            await transport.send(to(server))


async def test_an_answer_that_is_no_http(transport: HttpTransport) -> None:
    """Another service listens there."""
    async with listening(answering(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")) as server:
        with pytest.raises(Unreachable):
            await transport.send(asking(server.url))


async def test_an_answer_cut_in_the_middle(transport: HttpTransport) -> None:
    """What came before is handed on; the break is told."""
    got: list[bytes] = []
    async with upstream_with(CutAt(100)) as server:
        with pytest.raises(BrokenOff, match="broke off"):
            async with await transport.send(to(server)) as response:
                await response.pump(got.append, no_flush)
        expected = await whole(server)

    assert b"".join(got) == expected[: len(b"".join(got))]


async def test_a_body_shorter_than_announced_is_no_end(transport: HttpTransport) -> None:
    """A clean close in the middle is a break as well."""
    async with listening(answering(OK[:-1])) as server, await transport.send(asking(server.url)) as response:
        with pytest.raises(BrokenOff):
            await response.read(100)


async def test_silence_before_the_answer() -> None:
    """It ends after the time that the configuration gives, and says that it was time."""
    async with upstream_with(Hang()) as server, transport_with(idle=0.05) as transport:
        with pytest.raises(Unreachable, match="did not answer in time") as silent:
            await transport.send(to(server))

    assert silent.value.timed_out


async def test_silence_in_the_middle_of_an_answer() -> None:
    """It began, so it broke off."""
    async with (
        upstream_with(Hang(100)) as server,
        transport_with(idle=0.05) as transport,
        await transport.send(to(server)) as response,
    ):
        with pytest.raises(BrokenOff, match="fell silent"):
            await response.pump(lambda _: None, no_flush)


async def test_the_head_of_an_answer_has_a_time_of_its_own() -> None:
    """Models think for minutes before the first byte, and should not fall silent for as long after it."""
    async with upstream_with(Hang()) as server, transport_with(idle=5, answer=0.05) as transport:
        with pytest.raises(Unreachable, match="did not answer in time"):
            await transport.send(to(server))
    async with (
        upstream_with(Hang(100)) as server,
        transport_with(idle=0.05, answer=5) as transport,
        await transport.send(to(server)) as response,
    ):
        with pytest.raises(BrokenOff, match="fell silent"):
            await response.pump(lambda _: None, no_flush)


async def test_a_slow_answer_is_not_a_silent_one() -> None:
    """Only the time between two pieces counts: good answers take minutes."""
    async with upstream_with(Drip(size=60, pause=0.02)) as server, transport_with(idle=0.4) as transport:
        began = asyncio.get_running_loop().time()
        async with await transport.send(to(server)) as response:
            body = await response.read(1_000_000)
        assert asyncio.get_running_loop().time() - began > 0.4
        assert body == await whole(server)


async def test_a_client_that_lags_does_not_make_the_upstream_silent() -> None:
    """Only a wait for bytes counts; while nobody reads, the upstream cannot be blamed."""
    chunks: list[bytes] = []

    async def lag() -> None:
        await asyncio.sleep(0.12)

    async with upstream_with(Drip(size=120, pause=0.05)) as server, transport_with(idle=0.1) as transport:
        async with await transport.send(to(server)) as response:
            await response.pump(chunks.append, lag)
        assert len(chunks) > 1
        assert b"".join(chunks) == await whole(server)


# Proxies


async def test_a_request_s_own_proxy_is_asked() -> None:
    """Its login goes to the proxy, the key to the upstream behind it."""
    async with listening(answers) as proxy, transport_with(proxy="http://127.0.0.1:1") as transport:
        own = f"http://{SCRAMBLED}@127.0.0.1:{proxy.port}"
        async with await transport.send(asking("http://upstream.example/v1", proxy=own)) as response:
            assert await response.read(100) == b"ok"

    assert proxy.heads[0].startswith("POST http://upstream.example/v1 HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic dXNlcjpodXNo" in proxy.heads[0]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("us%40er:p%3Ass%2Fword", "us@er:p:ss/word"), ("user:p%C3%A4ss%20word", "user:päss word"), ("user", "user:")],
)
async def test_a_login_is_what_its_url_stands_for(written: str, meant: str) -> None:
    """Passwords have characters that URLs cannot have; each request on a kept connection brings it again."""
    async with listening(answers) as proxy, transport_with() as transport:
        own = f"http://{written}@127.0.0.1:{proxy.port}"
        for _ in range(2):
            async with await transport.send(asking("http://upstream.example/v1", proxy=own)) as response:
                assert await response.read(100) == b"ok"

    assert proxy.connections == 1
    expected = f"Proxy-Authorization: Basic {base64.b64encode(meant.encode()).decode()}\r\n"
    assert [expected in head for head in proxy.heads] == [True, True]


async def test_a_login_goes_to_the_proxy_and_the_key_does_not() -> None:
    """A tunnel is opened by the one; the other is for whoever is at its end."""
    refused = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    async with listening(answering(refused)) as proxy, transport_with() as transport:
        own = f"http://{SCRAMBLED}@127.0.0.1:{proxy.port}"
        with pytest.raises(Unreachable, match=rf"the proxy 127\.0\.0\.1:{proxy.port} wants another login") as told:
            await transport.send(asking("https://upstream.example/v1", proxy=own))

    assert "Proxy-Authorization: Basic dXNlcjpodXNo" in proxy.heads[0]
    assert "sk-1" not in proxy.heads[0]
    assert "hush" not in str(told.value)


async def test_a_proxy_that_refuses_is_named_and_not_the_upstream() -> None:
    """Else somebody looks for the fault at the vendor."""
    busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
    async with listening(answering(busy)) as proxy, transport_with(proxy=proxy.url) as transport:
        with pytest.raises(Unreachable, match=r"the proxy .* did not connect to upstream\.example: it answered 503"):
            await transport.send(asking("https://upstream.example/v1"))


async def test_what_an_upstream_says_of_proxies_is_its_own_affair(transport: HttpTransport) -> None:
    """407 is no proxy's word where there is none."""
    refused = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    async with listening(answering(refused)) as server, await transport.send(asking(server.url)) as response:
        assert response.status == 407


async def test_the_configured_proxy_is_asked_where_a_request_names_none() -> None:
    """Also for an upstream on the same machine: somebody wrote it down."""
    async with (
        listening(answers) as proxy,
        transport_with(proxy=f"http://127.0.0.1:{proxy.port}") as transport,
        await transport.send(asking("http://127.0.0.1:1/v1")) as response,
    ):
        await response.read(100)

    assert proxy.heads[0].startswith("POST http://127.0.0.1:1/v1 ")


@pytest.mark.parametrize("word", ["direct", "none", "DIRECT"])
async def test_direct_means_no_proxy(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the configured one nor the environment's."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with (
        listening(answers) as server,
        transport_with(proxy="http://127.0.0.1:1") as transport,
        await transport.send(asking(server.url, proxy=word)) as response,
    ):
        assert await response.read(100) == b"ok"


async def test_the_environment_s_proxy_is_the_last_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """For upstreams elsewhere, but for those that the environment excepts."""
    async with listening(answers) as proxy, listening(answers) as local:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "excepted.invalid")
        async with transport_with() as transport:
            for url in ("http://upstream.example/v1", f"{local.url}/v1"):
                async with await transport.send(asking(url)) as response:
                    await response.read(100)
            with pytest.raises(Unreachable):
                await transport.send(asking("http://excepted.invalid/v1"))

    assert [head.split()[1] for head in proxy.heads] == ["http://upstream.example/v1"]
    assert len(local.heads) == 1


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
async def test_a_socks_proxy_resolves_names(scheme: str) -> None:
    """Else the names of upstreams would be asked of a resolver that the proxy is there to avoid."""
    async with listening(socks_proxy) as proxy, transport_with() as transport:
        request = asking("http://upstream.example/v1", proxy=f"{scheme}://127.0.0.1:{proxy.port}")
        async with await transport.send(request) as response:
            assert await response.read(100) == b"ok"

    assert proxy.heads[0] == "upstream.example"
    assert proxy.heads[1].startswith("POST /v1 HTTP/1.1\r\n")


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_is_not_there_is_told_without_its_password(scheme: str) -> None:
    """The message reaches clients and logs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        gone = f"{scheme}://{SCRAMBLED}@127.0.0.1:{free.getsockname()[1]}"
        async with transport_with() as transport:
            with pytest.raises(Unreachable) as refused:
                await transport.send(asking("http://upstream.example/v1", proxy=gone))

    assert "hush" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert "upstream.example" in str(refused.value)


async def silent(seen: Listening, reader: Reader, writer: Writer) -> None:
    """Take everything and say nothing."""
    await reader.read()


@pytest.mark.parametrize("upstream", ["http", "https"])
@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_says_nothing_is_not_waited_for(scheme: str, upstream: str) -> None:
    """Somebody else may be asked by another way."""
    async with listening(silent) as proxy, transport_with(connect=0.05, idle=0.05) as transport:
        request = asking(f"{upstream}://upstream.example/v1", proxy=f"{scheme}://127.0.0.1:{proxy.port}")
        with pytest.raises(Unreachable) as refused:
            await transport.send(request)

    assert refused.value.timed_out


async def refusing(seen: Listening, reader: Reader, writer: Writer) -> None:
    """Be a SOCKS5 proxy that lets nobody through."""
    await reader.readexactly(3)
    writer.write(b"\x05\x00")
    await reader.readexactly(4)
    writer.write(b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00")
    await reader.read()


async def test_a_socks_proxy_may_refuse() -> None:
    """By its rules, or because it cannot reach the upstream either."""
    async with listening(refusing) as proxy, transport_with() as transport:
        request = asking("http://upstream.example/v1", proxy=f"socks5://127.0.0.1:{proxy.port}")
        with pytest.raises(Unreachable):
            await transport.send(request)


async def test_closing_closes_the_connections(transport: HttpTransport) -> None:
    """And a transport may be used again afterwards: a reload closes the old one."""
    async with listening(answers) as server:
        for _ in range(2):
            async with await transport.send(asking(server.url)) as response:
                await response.read(100)
            await transport.close()

    assert server.connections == 2
