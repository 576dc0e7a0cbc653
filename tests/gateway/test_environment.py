"""A gateway from nothing but variables: the real command, before a simulated upstream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cliproxy.simulator import Upstream, serving
from tests.gateway.asking import CHAT, DIALECTS, JSON_TYPE, SAID, Reply, Way, asked, client, read
from tests.gateway.authority import Authority, tls_before
from tests.gateway.reading import text_of
from tests.unit.cli.commands import Command, started

KEY = "sk-ant-hush"


@asynccontextmanager
async def served(folder: Path, *words: str) -> AsyncIterator[tuple[Command, str]]:
    """Start the command in a folder; return it, and where it listens."""
    with started("serve", "--host", "127.0.0.1", "--port", "0", *words, cwd=folder) as command:
        line = await asyncio.to_thread(command.line_with, "listening on ")
        yield command, line.split()[-1]


async def ask(url: str, way: Way, **headers: str) -> Reply:
    path, body = asked(way)
    data = json.dumps({**body, **({"model": "claude-sonnet-4-6"} if "model" in body else {})})
    async with (
        client() as session,
        session.post(
            url + path.replace(way.model, "claude-sonnet-4-6"), data=data, headers={**JSON_TYPE, **headers}
        ) as response,
    ):
        return await read(response)


async def test_a_key_and_an_address_are_a_working_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For clients of every dialect; what was taken is told, and not what it is."""
    async with serving(Upstream()) as upstream:
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", upstream.url)
        async with served(tmp_path) as (command, url):
            for dialect in DIALECTS:
                for form in ("whole", "stream"):
                    way = Way(dialect, form)
                    assert text_of(way, await ask(url, way)) == SAID
        assert {call.key for call in upstream.upstream.calls} == {KEY}

    assert "an upstream's key is taken from ANTHROPIC_API_KEY, its address from ANTHROPIC_BASE_URL" in command.err
    assert KEY not in "".join((*command.out, *command.err))


async def test_a_client_key_is_asked_for_and_a_file_is_taken_up_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that comes to lie there adds to what the environment says."""
    async with serving(Upstream()) as upstream:
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", upstream.url)
        monkeypatch.setenv("CLI_PROXY_API_KEY", "mine")
        async with served(tmp_path) as (command, url):
            assert (await ask(url, Way(CHAT))).status == 401
            assert (await ask(url, Way(CHAT), authorization="Bearer mine")).status == 200
            (tmp_path / "config.yaml").write_text("api-keys: [yours]\nshutdown-seconds: 0\n")
            await asyncio.to_thread(command.line_with, "reloaded")
            for key in ("mine", "yours"):
                assert (await ask(url, Way(CHAT), authorization=f"Bearer {key}")).status == 200


async def test_the_system_s_own_setting_of_authorities_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`SSL_CERT_FILE` is what containers and corporate machines set."""
    authority = Authority(tmp_path)
    async with (
        serving(Upstream()) as upstream,
        tls_before(urlsplit(upstream.url).port or 0, authority.server()) as port,
    ):
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", f"https://localhost:{port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        async with served(tmp_path) as (_, url):
            assert text_of(Way(CHAT), await ask(url, Way(CHAT))) == SAID
