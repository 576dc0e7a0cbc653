"""
Logins beside an account that is served: whatever comes of them, Wanda's is not to be touched.

A test begins a login at a terminal, spoils it, and expects an end that names whose login it was.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from cliproxy.simulator import Script
from cliproxy.simulator.people import ANN, Person
from tests.logins.stage import Stage, staged
from tests.logins.terminal import Terminal
from tests.ports import free_port, is_free

WANDA = Person("wanda@example.com", account_id="acc-wanda", organization="org-wanda")
HERS = "kimi-k2"  # a model that is served through her account only
TOO_SILENT = 3  # seconds

_OURS = (".cliproxy/locks/", ".cliproxy/health", ".cliproxy/.")  # the last: her gateway is just saving health


@dataclass
class Clock:
    """The internet's, which can be put wrong."""

    ahead: float = 0.0  # seconds

    def __call__(self) -> float:
        return time.time() + self.ahead


CLOCK = Clock()


@asynccontextmanager
async def beside_wanda(folder: Path) -> AsyncIterator[Stage]:
    """Serve Wanda's account, while Ann sits at the browser."""
    async with staged(folder, (WANDA, ANN), clock=CLOCK, script=Script()) as stage:
        with stage.config.open("a") as config:
            config.write(f"upstream-timeouts: {{answer-seconds: {TOO_SILENT}}}\n")
        async with stage.command("login", "iflow", "--callback-port", str(free_port())) as terminal:
            assert await terminal.code() == 0, terminal.written
        await stage.offers(HERS)
        stage.sits(ANN)
        yield stage


@asynccontextmanager
async def nothing_written(stage: Stage) -> AsyncIterator[None]:
    """Expect that a block leaves every file as it was, down to the byte, and Wanda served."""
    before = files(stage)
    yield
    assert files(stage) == before
    assert await serves_wanda(stage)


def files(stage: Stage) -> dict[str, bytes]:
    """Return all that lies in the folder of accounts, notes and unfinished files too, but no locks and no health."""
    found = {str(path.relative_to(stage.auths)): path for path in stage.auths.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(_OURS)}


async def serves_wanda(stage: Stage) -> bool:
    """Tell whether her account answers."""
    body = {"model": HERS, "messages": [{"role": "user", "content": "hi"}]}
    status, _ = await stage.ask("/v1/chat/completions", body)
    return status == 200


def another_machine(stage: Stage, folder: Path, *, proxy: str = "", trusts: bool = True) -> Stage:
    """Return a machine without a gateway, on the same internet, which it reaches through another proxy."""
    machine = replace(stage, folder=folder)
    (folder / "home").mkdir(parents=True)
    text = stage.config.read_text().replace(str(stage.auths), str(machine.auths))
    text = text.replace(stage.net.http_proxy, proxy) if proxy else text
    machine.config.write_text(text if trusts else text.replace(str(stage.net.ca_file), '""'))
    return machine


@dataclass
class Login:
    """A login in a browser, begun at a terminal and waiting for its answer."""

    stage: Stage
    provider: str
    terminal: Terminal
    address: str  # of the vendor's page
    port: int  # that is listened on

    async def answer(self) -> str:
        """Answer on the vendor's page, and return where the browser is led then, as a tunnel leads it on."""
        back = urlsplit(await self.stage.visited(self.address))
        return back._replace(netloc=f"127.0.0.1:{self.port}").geturl()

    async def fails(self, *words: str, code: int = 1) -> None:
        """Expect an end that names the provider and says these words, with nobody listening any more."""
        await fails(self.terminal, self.provider, *words, code=code)
        assert is_free(self.port)


@asynccontextmanager
async def begun(stage: Stage, provider: str, *words: str) -> AsyncIterator[Login]:
    """Begin a login whose browser is somewhere else."""
    port = free_port()
    async with stage.command("login", provider, "--no-browser", "--callback-port", str(port), *words) as terminal:
        shown = await terminal.shows("paste here")
        yield Login(stage, provider, terminal, next(word for word in shown.split() if "state=" in word), port)


@asynccontextmanager
async def device(stage: Stage, provider: str) -> AsyncIterator[tuple[Terminal, str]]:
    """Begin a login by a device, and give the code that it shows."""
    async with stage.command("login", provider, "--no-browser", *_DEVICE.get(provider, ())) as terminal:
        shown = await terminal.shows("Waiting for you to be done there")
        boxed = (line.strip("│ ") for line in shown.splitlines() if line.startswith("│"))
        yield terminal, next(filter(None, boxed))


_DEVICE = {"codex": ("--device",)}


async def fails(terminal: Terminal, provider: str, *words: str, code: int = 1) -> None:
    """Expect a command to end with a message that names the provider and says these words."""
    assert await terminal.code() == code, terminal.written
    told = terminal.written.partition("login failed: ")[2]
    assert provider in told.partition("; ")[0], terminal.written
    for word in words:
        assert word in told, told
    assert "Traceback" not in terminal.written
    assert terminal.echoes()


async def got(url: str, *, method: str = "GET", host: str = "") -> tuple[int, str]:
    """Return status and page, as a browser on the same machine gets them."""
    headers = {"Host": host} if host else {}
    async with (
        aiohttp.ClientSession(trust_env=False, timeout=aiohttp.ClientTimeout(15)) as session,
        session.request(method, url, headers=headers) as reply,
    ):
        return reply.status, await reply.text()


def field(url: str, name: str) -> str:
    """Return a field of an address."""
    return dict(parse_qsl(urlsplit(url).query))[name]


async def until(happened: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(15):
        while not happened():
            await asyncio.sleep(0.02)
