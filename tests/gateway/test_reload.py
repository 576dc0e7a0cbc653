"""The configuration and the folder of accounts change while clients are served."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from msgspec import structs
from structlog.testing import capture_logs

from cliproxy.config.load import load
from cliproxy.config.schema import Config
from cliproxy.gateway import Gateway, files_of
from cliproxy.simulator import Hang, Refuse, Upstream, serving
from tests.gateway.asking import CHAT, MESSAGES, Reply, Way, asked, client, eventually, read

CONFIG = """\
auth-dir: {folder}
request-retry: 0
openai-compatibility:
  - name: simulator
    base-url: {upstream}/v1
    api-key-entries: [{{api-key: sk-first}}]
    models: [{{name: simulated, alias: {alias}}}]
"""
EDITED = "edited"


@dataclass
class Scene:
    folder: Path
    upstream: Upstream
    upstream_url: str
    url: str
    gateway: Gateway
    session: aiohttp.ClientSession

    def write_config(self, alias: str, more: str = "") -> None:
        text = CONFIG.format(folder=self.folder / "auths", upstream=self.upstream_url, alias=alias) + more
        replace(self.folder / "config.yaml", text)

    def write_account(self, name: str, **fields: Any) -> None:
        usual = {
            "type": "claude",
            "email": f"{name}@example.com",
            "access_token": f"at-{name}",
            "refresh_token": f"rt-{name}",
            "expired": "2099-01-01T00:00:00Z",
            "base_url": self.upstream_url,
        }
        replace(self.folder / "auths" / f"claude-{name}.json", json.dumps(usual | fields))

    async def ask(self, way: Way, text: str = "one two") -> Reply:
        path, body = asked(way, text)
        async with self.session.post(self.url + path, json=body) as response:
            return await read(response)

    async def start(self) -> None:
        """Serve what lies in the folder."""
        path = self.folder / "config.yaml"
        self.gateway = Gateway(here(load(path).config), store=files_of(load(path).config, path), overridden=here)
        self.url = f"http://127.0.0.1:{await self.gateway.start()}"

    async def restart(self) -> None:
        await self.gateway.stop()
        await self.start()

    def offers(self, model: str) -> bool:
        return any(info.id == model for info in self.gateway.snapshot.catalog.models)


def here(config: Config) -> Config:
    return structs.replace(config, host="127.0.0.1", port=0, shutdown_seconds=0)


def replace(path: Path, text: str) -> None:
    """Put a file in place at once, as editors and Kubernetes do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.replace(path)


@asynccontextmanager
async def folder_and_gateway(folder: Path, *, pace: float = 0.0) -> AsyncIterator[Scene]:
    upstream = Upstream(pace=pace)
    async with serving(upstream) as server, client() as session:
        scene = Scene(folder, upstream, server.url, "", None, session)  # type: ignore[arg-type]
        scene.write_config(CHAT)
        await scene.start()
        try:
            yield scene
        finally:
            await scene.gateway.stop()


async def test_no_stream_notices_a_reload(tmp_path: Path) -> None:
    """A hundred streams run while an alias is edited, an account comes, and a configuration breaks."""
    async with folder_and_gateway(tmp_path, pace=0.05) as scene:
        words = " ".join(f"word{number}" for number in range(60))
        streams = [asyncio.create_task(scene.ask(Way(CHAT, "stream"), words)) for _ in range(100)]
        await eventually(lambda: len(scene.upstream.calls) == 100, within=10)

        scene.write_config(EDITED)
        scene.write_account("new")
        await eventually(lambda: scene.offers(EDITED) and scene.offers("claude-sonnet-4-5-20250929"), within=5)
        scene.write_config(EDITED, "request-retry: many\n")
        running = sum(not call.finished for call in scene.upstream.calls)
        replies = await asyncio.gather(*streams)

        assert running == 100
        for reply in replies:
            assert reply.status == 200
            assert not reply.is_cut
            assert reply.body.endswith(b"data: [DONE]\n\n")
            assert b"word59" in reply.body
        assert (await scene.ask(Way(CHAT))).status == 404
        assert (await scene.ask(Way(CHAT, "whole", EDITED))).status == 200


async def test_an_account_comes_serves_and_goes(tmp_path: Path) -> None:
    async with folder_and_gateway(tmp_path) as scene:
        way = Way(MESSAGES, "whole", "claude-sonnet-4-5-20250929")
        assert (await scene.ask(way)).status == 404

        scene.write_account("a")
        await eventually(lambda: scene.offers(way.model), within=5)
        assert (await scene.ask(way)).status == 200
        call = scene.upstream.calls[-1]
        assert call.headers["authorization"] == "Bearer at-a"

        (tmp_path / "auths" / "claude-a.json").unlink()
        await eventually(lambda: not scene.offers(way.model), within=5)
        assert (await scene.ask(way)).status == 404


async def test_a_token_that_another_program_wrote_is_used(tmp_path: Path) -> None:
    async with folder_and_gateway(tmp_path) as scene:
        scene.write_account("a")
        await eventually(lambda: scene.gateway.pool.get("claude-a.json") is not None, within=5)
        catalog = scene.gateway.snapshot.catalog
        scene.write_account("a", access_token="at-newer")

        def has_it() -> bool:
            credential = scene.gateway.pool.get("claude-a.json")
            return credential is not None and credential.secret.reveal() == "at-newer"

        await eventually(has_it, within=5)
        assert scene.gateway.snapshot.catalog is catalog  # nothing was compiled for it


async def test_a_broken_configuration_is_told_once_with_its_line_and_changes_nothing(tmp_path: Path) -> None:
    async with folder_and_gateway(tmp_path) as scene:
        with capture_logs() as logs:
            scene.write_config(CHAT, "request-retry: many\n")
            await eventually(lambda: bool(logs), within=5)
            await asyncio.sleep(0.5)
        (told,) = logs
        assert "8" in told["problems"][0].split(":")[1]
        assert (await scene.ask(Way(CHAT))).status == 200


async def test_timeouts_of_upstreams_and_limits_of_waiting_are_taken_over(tmp_path: Path) -> None:
    async with folder_and_gateway(tmp_path) as scene:
        scene.upstream.script.add(Hang())
        scene.write_config(EDITED, "upstream-timeouts: {idle-seconds: 1}\nconcurrency: {queue: 7}\n")
        await eventually(lambda: scene.offers(EDITED), within=5)

        async with asyncio.timeout(5):
            reply = await scene.ask(Way(CHAT, "whole", EDITED))
        assert reply.status == 504


async def test_who_rests_still_rests_after_a_restart(tmp_path: Path) -> None:
    async with folder_and_gateway(tmp_path) as scene:
        scene.upstream.script.add(Refuse(429, headers={"retry-after": "120"}))
        assert (await scene.ask(Way(CHAT))).status == 429
        await scene.restart()

        reply = await scene.ask(Way(CHAT))

        assert reply.status == 429
        assert 10 < int(reply.headers["retry-after"]) <= 120
        assert len(scene.upstream.calls) == 1
        files = [path for path in (tmp_path / "auths").rglob("*") if path.is_file()]
        assert files
        assert not any(path.suffix == ".json" for path in files)  # the Go program would take those for credentials
