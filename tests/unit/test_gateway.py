"""The composition root: what is handed in is used, and what was started is stopped."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import aiohttp
import pytest
import structlog
from msgspec import structs

from cliproxy.access.principal import AccessRequest, Principal
from cliproxy.config.environment import Environment
from cliproxy.config.schema import ClaudeKey, Config, ModelEntry, Route
from cliproxy.dialects.base import Operation
from cliproxy.errors import AccessDenied, ConfigError, SetupError
from cliproxy.gateway import Gateway
from cliproxy.providers.base import Endpoint, Provider, key_header
from cliproxy.runtime import logs
from cliproxy.simulator import recorded
from cliproxy.usage.record import UsageRecord
from cliproxy.wire.http import Headers, HttpRequest
from tests.running import Ledger, Running, running

CONFIG = Config(claude_api_key=(ClaudeKey(api_key="sk-hush", models=(ModelEntry("m"),)),), shutdown_seconds=0)
ASKED = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "hello"}]}


class Recorded:
    """An upstream's answer out of a recording."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: Headers = {"content-type": "application/json"}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def read(self, longest: int) -> bytes:
        return recorded("anthropic_messages", "text").response.pieces[0]

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        raise AssertionError("nothing is streamed here")


class Scripted:
    """A transport that opens no connection."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self.is_closed = False

    async def send(self, request: HttpRequest) -> Recorded:
        self.requests.append(request)
        return Recorded()

    async def close(self) -> None:
        self.is_closed = True


async def asked(gateway: Running, **headers: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.post(f"{gateway.url}/v1/messages", json=ASKED, headers=headers) as response,
    ):
        return response.status, await response.text()


async def test_a_transport_of_one_s_own_is_used_and_closed() -> None:
    """Whoever wants another TLS stack, or none, hands it in."""
    transport = Scripted()
    async with running(CONFIG, transport=transport) as gateway:
        status, body = await asked(gateway)
        assert not transport.is_closed

    assert status == 200
    assert json.loads(body)["type"] == "message"
    [request] = transport.requests
    assert request.url == "https://api.anthropic.com/v1/messages"
    assert transport.is_closed


class Tickets:
    """An access provider."""

    async def authenticate(self, request: AccessRequest) -> Principal | None:
        ticket = request.headers.get("x-ticket")
        if ticket == "forged":
            raise AccessDenied("that ticket is forged", status=403)
        return Principal("alice") if ticket else None


async def test_an_access_provider_is_asked_before_the_client_keys() -> None:
    """Whom it does not know, they may."""
    config = Config(claude_api_key=CONFIG.claude_api_key, api_keys=("gateway-key",), shutdown_seconds=0)
    async with running(config, transport=Scripted(), access=[Tickets()]) as gateway:
        assert (await asked(gateway, **{"x-ticket": "1"}))[0] == 200
        assert (await asked(gateway, **{"x-api-key": "gateway-key"}))[0] == 200
        assert (await asked(gateway))[0] == 401
        status, body = await asked(gateway, **{"x-ticket": "forged", "x-api-key": "gateway-key"})
        assert status == 403
        assert "that ticket is forged" in body

    first, second = (record.principal for record in gateway.records)
    assert first == "alice"
    assert second.startswith("key-")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged."""
    stream = io.StringIO()
    logs.configure(debug=False, stream=stream)
    yield stream
    structlog.reset_defaults()


class Broken:
    """Anybody's code."""

    def record(self, usage: UsageRecord) -> None:
        raise RuntimeError("the disk is full")


async def test_a_broken_sink_costs_a_log_line_and_nothing_else(lines: io.StringIO) -> None:
    """Neither the request nor the other sinks notice."""
    ledger = Ledger()
    config = Config(claude_api_key=CONFIG.claude_api_key, host="127.0.0.1", port=0, shutdown_seconds=0)
    gateway = Gateway(config, transport=Scripted(), usage_sinks=[Broken(), ledger])
    port = await gateway.start()
    try:
        assert (await asked(Running(gateway, f"http://127.0.0.1:{port}", [])))[0] == 200
    finally:
        await gateway.stop()

    assert len(ledger.records) == 1
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [(line["event"], line["error"]) for line in told if line["level"] == "error"] == [
        ("usage sink failed", "RuntimeError('the disk is full')")
    ]


async def test_times_come_from_the_clock_that_is_handed_in() -> None:
    """A test moves it; nothing waits."""
    async with running(CONFIG, transport=Scripted(), clock=lambda: 1234.5) as gateway:
        await asked(gateway)

    [record] = gateway.records
    assert (record.at, record.took) == (1234.5, 0.0)


async def test_a_taken_port_is_an_os_error_and_leaves_nothing_open() -> None:
    """Whoever started it says what to do; stopping is safe all the same, and twice."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        gateway = Gateway(Config(host="127.0.0.1", port=taken.getsockname()[1]))
        with pytest.raises(OSError, match="in use"):
            await gateway.start()
        await gateway.stop()
        await gateway.stop()


async def test_it_may_be_started_again() -> None:
    """With everything it knows."""
    transport = Scripted()
    gateway = Gateway(
        Config(claude_api_key=CONFIG.claude_api_key, host="127.0.0.1", port=0, shutdown_seconds=0), transport=transport
    )
    for _ in range(2):
        port = await gateway.start()
        assert (await asked(Running(gateway, f"http://127.0.0.1:{port}", [])))[0] == 200
        await gateway.stop()

    assert len(transport.requests) == 2


async def test_it_may_be_configured_anew_before_it_starts() -> None:
    """It starts with the last word."""
    said: list[Config] = []
    gateway = Gateway(Config(host="127.0.0.1", port=0), transport=Scripted(), told=said.append)
    latest = structs.replace(CONFIG, host="127.0.0.1", port=0)
    gateway.configured(latest)
    port = await gateway.start()
    try:
        assert said == [latest]
        async with (
            aiohttp.ClientSession(trust_env=False) as session,
            session.post(f"http://127.0.0.1:{port}/v1/messages", json=ASKED) as response,
        ):
            assert response.status == 200
    finally:
        await gateway.stop()


def test_a_file_is_enough(tmp_path: Path) -> None:
    """To embed it."""
    file = tmp_path / "config.yaml"
    file.write_text("claude-api-key: [{api-key: sk-hush, models: [{name: m}]}]\n")

    assert [model.id for model in Gateway.from_file(file).snapshot.catalog.models] == ["m"]
    file.write_text("port: many\n")
    with pytest.raises(ConfigError, match="port is 'many'"):
        Gateway.from_file(file)


def test_its_parts_do_not_show_secrets() -> None:
    """A repr ends in a log sooner or later."""
    gateway = Gateway(CONFIG)

    assert "hush" not in repr(gateway.snapshot)
    assert "hush" not in repr(vars(gateway.snapshot.catalog))


ACME = Provider(
    name="acme",
    base_url="https://api.acme.example",
    endpoints=(Endpoint("anthropic_messages", Operation.GENERATE, "/messages"),),
    authorize=key_header("X-Acme-Key"),
)


async def test_a_provider_of_one_s_own_serves_what_is_routed_to_it() -> None:
    """At its own address, by its own header."""
    transport = Scripted()
    config = Config(routes=(Route(pattern="m", provider="acme", api_key="sk-acme"),), shutdown_seconds=0)
    async with running(config, transport=transport, providers=[ACME]) as gateway:
        assert (await asked(gateway))[0] == 200

    [request] = transport.requests
    assert request.url == "https://api.acme.example/messages"
    assert ("X-Acme-Key", "sk-acme") in request.headers


def test_a_provider_with_the_name_of_another_is_refused() -> None:
    """It would serve the other's accounts, or none; nobody could tell."""
    with pytest.raises(SetupError, match="two Providers named 'claude'"):
        Gateway(CONFIG, providers=[replace(ACME, name="claude")])


def test_a_package_may_announce_a_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the command serves it as well."""
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "acme_for_a_test-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-for-a-test\nVersion: 1\n")
    (folder / "entry_points.txt").write_text("[cliproxy.providers]\nacme = tests.unit.test_gateway:ACME\n")
    routed = Config(routes=(Route(pattern="m", provider="acme", api_key="sk-acme"),))

    assert [model.owned_by for model in Gateway(routed).snapshot.catalog.models] == ["acme"]


def test_a_file_with_keys_from_elsewhere(tmp_path: Path) -> None:
    """Who embeds it says whether the environment counts."""
    file = tmp_path / "config.yaml"
    file.write_text("claude-api-key: [{api-key: sk-hush}]\n")
    environment = Environment.read({"GEMINI_API_KEY": "AIza"})

    alone, beside = Gateway.from_file(str(file)), Gateway.from_file(file, environment=environment)
    assert [credential.provider for credential in alone.snapshot.credentials] == ["claude"]
    assert [credential.provider for credential in beside.snapshot.credentials] == ["gemini", "claude"]


async def test_serving_ends_when_it_is_cancelled() -> None:
    """As a task of a larger program."""
    transport = Scripted()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gateway = Gateway(structs.replace(CONFIG, host="127.0.0.1", port=port), transport=transport)
    task = asyncio.create_task(gateway.serve())
    running_ = Running(gateway, f"http://127.0.0.1:{port}", [])
    async with asyncio.timeout(10):
        while True:
            try:
                assert (await asked(running_))[0] == 200
                break
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert transport.is_closed
