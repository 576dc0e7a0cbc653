"""
`demo --accounts`: fifty clients before three accounts in trouble, and a reload under a hundred streams.

One account is out of quota, one was revoked, one is slow. What is shown is counted from the clients' side; how one
request went is the gateway's own explanation of it.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from msgspec import structs
from rich.console import Console
from rich.table import Table

from cliproxy.config.load import load
from cliproxy.config.schema import Config
from cliproxy.credentials.credential import Candidate
from cliproxy.dispatch.answer import CREDENTIAL_HEADER
from cliproxy.gateway import Gateway, files_of
from cliproxy.simulator import Upstream, serving
from cliproxy.simulator.accounts import Account, Accounts, Window

HOST = "127.0.0.1"
MODEL, EDITED, NEW_MODEL = "demo", "demo-edited", "claude-sonnet-4-6"
SPENT, REVOKED, SLOW = "account-out-of-quota", "account-revoked", "account-slow"
CLIENTS, STREAMS = 50, 100
QUOTA, PERIOD = 10, 15.0  # requests in so many seconds
SLOWNESS = 0.5  # seconds before an answer
PACE = 0.05  # seconds between two words of a stream

_CONFIG = """\
auth-dir: {folder}
routing: {{credential-header: true}}
openai-compatibility:
  - name: simulator
    base-url: {upstream}/v1
    api-key-entries: [{keys}]
    models: [{{name: simulated, alias: {alias}}}]
"""


@dataclass
class Stage:
    """A gateway before a simulated upstream, its folder, and somebody to ask it."""

    folder: Path
    upstream_url: str
    accounts: Accounts
    gateway: Gateway
    url: str
    session: aiohttp.ClientSession

    def drop_account(self) -> None:
        """Put a credential file into the folder, as the Go program writes it."""
        fields = {"type": "claude", "email": "new@example.com", "access_token": SLOW, "base_url": self.upstream_url}
        _put(self.folder / "auths" / "claude-new@example.com.json", json.dumps(fields))

    async def ask(self, model: str, words: str, *, stream: bool = False) -> tuple[int, bytes, str, str]:
        """Return status and body of an answer, the handle of who gave it, and the id of the exchange."""
        body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": words}]}
        async with self.session.post(f"{self.url}/v1/chat/completions", json=body) as reply:
            handle = reply.headers.get(CREDENTIAL_HEADER, "")
            return reply.status, await reply.read(), handle, reply.headers["x-request-id"]

    def account_of(self, handle: str) -> str:
        """Return which of the three a handle stands for."""
        known = (one for one in self.gateway.snapshot.credentials if one.handle == handle)
        return next((one.secret.reveal() for one in known), "")

    def credential_id(self, account: str) -> str:
        """Return the id of one of the three."""
        return next(one.id for one in self.gateway.snapshot.credentials if one.secret.reveal() == account)


async def show(console: Console, *, period: float = PERIOD) -> int:
    """Run it all; return the exit code: 0, if everything went as it should."""
    async with _stage(period) as stage:
        rush = await _rush(console, stage)
        back = await _recovery(console, stage, period)
        reload = await _reload(console, stage)
    return int(not (rush and back and reload))


async def _rush(console: Console, stage: Stage) -> bool:
    console.rule(f"{CLIENTS} clients, three accounts", align="left")
    with console.status(f"asking: one account has {QUOTA} requests left, one was revoked, one is slow"):
        replies = await asyncio.gather(*[stage.ask(MODEL, f"client {number}") for number in range(CLIENTS)])
    served = Counter(stage.account_of(handle) for _, _, handle, _ in replies)
    table = Table("account", "answered", "state")
    for key in (SPENT, REVOKED, SLOW):
        table.add_row(key, str(served[key]), _state(stage, key))
    console.print(table)
    answered = sum(status == 200 for status, *_ in replies)
    console.print(f"{_mark(answered == CLIENTS)} {answered} of {CLIENTS} clients were answered")
    told = [stage.gateway.explanations.get(exchange_id) for *_, exchange_id in replies]
    longest = max((one for one in told if one is not None), key=lambda one: len(one.steps))
    console.print("How the one went that took the most steps:")
    console.print(str(longest), style="dim", markup=False, highlight=False)
    return answered == CLIENTS


async def _recovery(console: Console, stage: Stage, period: float) -> bool:
    console.rule("back after the reset", align="left")
    resets_at = max(reading.ends or 0.0 for reading in stage.accounts.readings(SPENT, "simulated"))
    with console.status("asking once in a while until the account that was out of quota answers again"):
        late = await _late(stage, resets_at, period)
    if late is None:
        console.print(f"{_mark(False)} it did not answer again within a minute of its reset")
        return False
    console.print(f"{_mark(True)} it answered {late:.1f} s after its reset")
    return True


async def _late(stage: Stage, resets_at: float, period: float) -> float | None:
    """Return how many seconds after its reset an account answered, or None where it did not within a minute."""
    number = 0
    while time.time() < resets_at + max(60.0, period):
        number += 1
        _, _, handle, _ = await stage.ask(MODEL, f"later {number}")
        if stage.account_of(handle) == SPENT and time.time() >= resets_at:
            return time.time() - resets_at
        await asyncio.sleep(0.2)
    return None


async def _reload(console: Console, stage: Stage) -> bool:
    console.rule(f"a reload under {STREAMS} streams", align="left")
    words = " ".join(f"word{number}" for number in range(40))
    for key in (SPENT, REVOKED, SLOW):
        stage.accounts.change(key, windows=(), revoked=False, delay=0.0, pace=PACE)
        stage.gateway.pool.lifted(stage.credential_id(key), now=time.time())
    with console.status("streaming, while an alias is edited and an account is dropped in"):
        streams = [asyncio.create_task(stage.ask(MODEL, f"{n} {words}", stream=True)) for n in range(STREAMS)]
        await asyncio.sleep(0.5)
        _write_config(stage.folder, stage.upstream_url, EDITED)
        stage.drop_account()
        begun = time.monotonic()
        for _ in range(1000):
            if _offers(stage, EDITED, NEW_MODEL):
                break
            await asyncio.sleep(0.01)
        took, running = time.monotonic() - begun, sum(not stream.done() for stream in streams)
        replies = await asyncio.gather(*streams)
    whole = sum(body.endswith(b"data: [DONE]\n\n") and b"word39" in body for _, body, *_ in replies)
    offered = _offers(stage, EDITED, NEW_MODEL)
    console.print(f"{_mark(offered)} the new alias and the new account were on offer after {took:.2f} s")
    console.print(f"{_mark(whole == STREAMS)} {running} streams ran then; {whole} of {STREAMS} came whole to their end")
    return offered and whole == STREAMS


def _offers(stage: Stage, *models: str) -> bool:
    return set(models) <= {info.id for info in stage.gateway.snapshot.catalog.models}


def _state(stage: Stage, key: str) -> str:
    """Return in words how an account is."""
    reasons = stage.gateway.pool.why([Candidate(stage.credential_id(key), "simulated")], now=time.time())
    return "; ".join(f"{one.state}: {one.failure.message}" for one in reasons if one.failure) or "ready"


@asynccontextmanager
async def _stage(period: float) -> AsyncIterator[Stage]:
    accounts = Accounts(
        {SPENT: Account((Window(QUOTA, period),)), REVOKED: Account(revoked=True), SLOW: Account(delay=SLOWNESS)},
        time.time,
    )
    with tempfile.TemporaryDirectory() as name:
        async with serving(Upstream(accounts=accounts)) as upstream, aiohttp.ClientSession() as session:
            folder = Path(name)
            path = _write_config(folder, upstream.url, MODEL)
            config = _here(load(path).config)
            gateway = Gateway(config, store=files_of(config, path), overridden=_here)
            try:
                url = f"http://{HOST}:{await gateway.start()}"
                yield Stage(folder, upstream.url, accounts, gateway, url, session)
            finally:
                await gateway.stop()


def _here(config: Config) -> Config:
    return structs.replace(config, host=HOST, port=0, shutdown_seconds=0)


def _write_config(folder: Path, upstream: str, alias: str) -> Path:
    """Put a configuration in place, as an editor does."""
    keys = ", ".join(f"{{api-key: {key}}}" for key in (SPENT, REVOKED, SLOW))
    path = folder / "config.yaml"
    _put(path, _CONFIG.format(folder=folder / "auths", upstream=upstream, keys=keys, alias=alias))
    return path


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


def _mark(is_so: bool) -> str:
    return "[green]✓[/]" if is_so else "[red]✗[/]"
