"""The composition root: what is handed in is used, and what was started is stopped."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Self

import aiohttp
import pytest
import structlog

from cliproxy.access.principal import AccessRequest, Principal
from cliproxy.config.schema import ClaudeKey, Config, ModelEntry
from cliproxy.errors import AccessDenied, ConfigError
from cliproxy.gateway import Gateway
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
