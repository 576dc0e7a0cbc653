"""
A machine with a gateway before the simulated internet, and a person who sits at it.

    async with staged(folder) as stage:
        async with stage.command("login", "claude") as terminal:
            assert await terminal.code() == 0
        await stage.offers("claude-sonnet-4-5-20250929")

The gateway is a process of its own with a home of its own, and is never restarted. It and the commands reach the
vendors under their real names, through a proxy that wants a login. The internet is in the test's own loop.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from cliproxy.simulator import Script
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.online import Online, online
from cliproxy.simulator.people import ANN, Person
from tests.logins import browser
from tests.logins.terminal import Terminal, at_terminal

CLIENT_KEY = "sk-client-of-the-stage"
AUTHORIZED = {"Authorization": f"Bearer {CLIENT_KEY}"}
PROXY_LOGIN = {"user": "gateway", "password": "p@ss word"}
POLLS = 1.0  # seconds between two questions whether a device is allowed
PATIENCE = 15.0  # seconds

_LISTENING = re.compile(r"listening on (http://\S+)")
_CONFIG = """\
host: 127.0.0.1
port: 0
auth-dir: {auths}
proxy-url: "{proxy}"
upstream-tls: {{ca-file: {authority}}}
api-keys: [{key}]
request-retry: 0
shutdown-seconds: 1
oauth-clients:
  iflow: {{client-secret: iflow-secret}}
  antigravity: {{client-secret: antigravity-secret}}
"""


@dataclass
class Stage:
    """The machine, the person and the internet."""

    net: Online
    folder: Path
    url: str  # of the gateway
    session: aiohttp.ClientSession = field(repr=False)

    @property
    def internet(self) -> Internet:
        return self.net.internet

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def auths(self) -> Path:
        """Where the credential files are."""
        return self.folder / "home" / "accounts"

    @property
    def seen(self) -> Path:
        """What the browser saw in the end: the address in the first line, then the page."""
        return self.folder / "seen.html"

    @property
    def log(self) -> str:
        """What the gateway has written."""
        return (self.folder / "log.txt").read_text()

    def command(self, *words: str, **environment: str) -> AbstractAsyncContextManager[Terminal]:
        """Run a command on a terminal, with the gateway's configuration."""
        given = ("-config" if words[0].startswith("-") else "--config", str(self.config))
        self.seen.unlink(missing_ok=True)
        return at_terminal(_program(*words, *given), {**self._environment(), **environment})

    def files(self) -> dict[str, Any]:
        """Return the credential files, by name."""
        found = sorted(self.auths.glob("*.json")) if self.auths.exists() else []
        return {path.name: msgspec.json.decode(path.read_bytes()) for path in found}

    def sits(self, person: Person) -> None:
        """Have another person at the browser."""
        self.internet.people[person.email] = person
        self.internet.visitor.email = person.email

    async def models(self) -> set[str]:
        """Return what the gateway offers."""
        async with self.session.get(f"{self.url}/v1/models", headers=AUTHORIZED) as response:
            return {model["id"] for model in (await response.json())["data"]}

    async def offers(self, model: str) -> None:
        """Wait until a model is offered."""
        async with asyncio.timeout(PATIENCE):
            while model not in await self.models():
                await asyncio.sleep(0.02)

    async def cleared(self) -> None:
        """Take all accounts away, and wait until the gateway knows."""
        for path in self.auths.glob("*.json"):
            path.unlink()
        async with asyncio.timeout(PATIENCE):
            while await self.models():
                await asyncio.sleep(0.02)

    async def ask(self, path: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        """Ask the gateway for something whole; return the status and the JSON value."""
        async with self.session.post(self.url + path, json=body, headers=AUTHORIZED) as response:
            return response.status, await response.json()

    async def page(self) -> str:
        """Wait until the browser has ended on a page, and return its address in a line, and the page."""
        async with asyncio.timeout(PATIENCE):
            while not self.seen.exists():
                await asyncio.sleep(0.02)
        return self.seen.read_text()

    async def visited(self, address: str) -> str:
        """Return where a browser is led from a vendor's page, without going there."""
        context = ssl.create_default_context(cafile=str(self.net.ca_file))
        async with self.session.get(address, proxy=self.net.http_proxy, ssl=context, allow_redirects=False) as response:
            assert response.status == 302, await response.text()
            return response.headers["location"]

    def _environment(self) -> dict[str, str]:
        return {
            **_environment(self.folder),
            "BROWSER": f"{sys.executable} {browser.__file__} %s",
            "PROXY": self.net.http_proxy,
            "AUTHORITY": str(self.net.ca_file),
            "SEEN": str(self.seen),
        }


@asynccontextmanager
async def staged(
    folder: Path,
    people: Sequence[Person] = (ANN,),
    *,
    clock: Callable[[], float] = time.time,
    script: Script | None = None,
    **internet: Any,
) -> AsyncIterator[Stage]:
    """Serve for as long as the block lasts. `internet`: more of the Internet's arguments."""
    world = Internet(clock, people, script=script, interval=POLLS, **internet)
    async with online(world, folder, **PROXY_LOGIN) as net, aiohttp.ClientSession(trust_env=False) as session:
        (folder / "home").mkdir()
        stage = Stage(net, folder, "", session)
        stage.config.write_text(
            _CONFIG.format(auths=stage.auths, proxy=net.http_proxy, authority=net.ca_file, key=CLIENT_KEY)
        )
        async with _serving(stage) as stage.url:
            yield stage


@asynccontextmanager
async def _serving(stage: Stage) -> AsyncIterator[str]:
    """Run the gateway, and give its address."""
    words = _program("serve", "--config", str(stage.config))
    with (stage.folder / "log.txt").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *words, stdin=asyncio.subprocess.DEVNULL, stderr=log, env=_environment(stage.folder)
        )
    try:
        async with asyncio.timeout(PATIENCE):
            while (found := _LISTENING.search(stage.log)) is None:
                assert process.returncode is None, stage.log
                await asyncio.sleep(0.02)
        yield found[1]
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _program(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "cliproxy", *words)


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of somebody whose home is in a folder, and who sits before a screen."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "LANG": "C.UTF-8"}
