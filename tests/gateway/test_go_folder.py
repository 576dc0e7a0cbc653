"""
A folder of the Go program works as it is: everything in `go_folder` is as that program writes it, but for the secrets.

Files stay as they are, byte for byte, until a token is exchanged; then only what is about tokens is another.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from cliproxy.config.schema import Config
from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.document import read_credentials
from cliproxy.dialects.base import Operation
from cliproxy.gateway import Gateway
from cliproxy.runtime.renewal import Renewal
from cliproxy.simulator.internet import Internet
from cliproxy.stores.files import FileStore
from cliproxy.testing.clock import HandClock
from cliproxy.testing.transport import SimulatedTransport
from tests.gateway.go_accounts import GO, NAMES, OURS, PEOPLE, PROVIDERS, asked_at, filled_in
from tests.running import running

OF_TOKENS = {
    *("access_token", "refresh_token", "id_token", "api_key", "expired", "expiry", "expires_in", "last_refresh"),
    *("timestamp", "token_type", "scope", "resource_url", "account_id"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GO, tmp_path / "auths"))


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


async def test_it_is_served_without_a_word_and_left_as_it_is(folder: Path) -> None:
    internet = Internet(time.time, PEOPLE)
    for name in ("vertex-project-1.json", "project-2-0a1b2c3d4e5f.json"):  # whose keys make tokens at the start
        (folder / name).write_bytes(filled_in((folder / name).read_bytes(), internet, name))
    before = content(folder)
    store, transport = FileStore(folder, folder.parent / "c.yaml"), SimulatedTransport(asked_at(internet))
    with capture_logs() as logs:
        async with running(Config(auth_dir=str(folder)), store=store, transport=transport) as served:
            credentials = served.gateway.snapshot.credentials
            missing = models_missing(served.gateway)
            await asyncio.sleep(0.1)  # whatever would be refreshed would be by now

    assert [told for told in logs if told["log_level"] not in ("debug", "info")] == []
    assert {one.document.removeprefix("auths/") for one in credentials} == set(NAMES)
    assert len(credentials) == len(NAMES) + 1 + 2  # two of them in several projects
    assert missing == []
    assert content(folder) == before


def models_missing(gateway: Gateway) -> list[str]:
    """Return the credentials by which no model of the catalogue can be asked."""
    found: set[str] = set()
    snapshot = gateway.snapshot
    for model in snapshot.catalog.models:
        plan = snapshot.catalog.plan(model.id, snapshot.dialects["openai_chat"], Operation.GENERATE, stream=True)
        found |= {candidate.credential_id for candidate in plan.candidates}
    return [one.id for one in snapshot.credentials if one.id not in found]


async def test_the_optional_keys_mean_what_they_do_there(folder: Path) -> None:
    (one,) = read_credentials(
        "auths/claude-ben@example.com.json", (folder / "claude-ben@example.com.json").read_bytes()
    )

    assert (one.prefix, one.priority, one.proxy.reveal(), one.rounds, one.cools) == ("ben", 5, "direct", 2, False)
    assert one.excluded_models == ("claude-3-*",)
    assert one.refresh_every == 720000 * 3600


@pytest.mark.parametrize("name", NAMES)
async def test_after_a_refresh_only_its_tokens_are_others(folder: Path, name: str) -> None:
    """Every field is still there, in its place and of its type, so that the Go program can go on with it."""
    clock = HandClock()
    internet = Internet(clock, PEOPLE)
    data = filled_in((folder / name).read_bytes(), internet, name)
    (folder / name).write_bytes(data)
    store = FileStore(folder, folder.parent / "config.yaml")
    credential = read_credentials(f"auths/{name}", data)[0]
    await renewed(credential, store, internet, clock)

    after = (folder / name).read_bytes()
    provider = PROVIDERS[credential.provider]
    assert provider.refresh is not None
    if not provider.refresh.is_stored:
        assert after == data
        return
    assert after != data
    old, new = flat(data), flat(after)
    assert list(new)[: len(old)] == list(old)
    assert set(new) - set(old) <= {"last_refresh"}
    assert {field: type(value) for field, value in new.items() if field in old} == {
        field: type(value) for field, value in old.items()
    }
    changed = {field.rpartition(".")[2] for field, value in old.items() if new[field] != value}
    assert changed <= OF_TOKENS
    assert changed & {"access_token", "api_key"}
    assert after.count(b"\n") - data.count(b"\n") in (0, 1)  # the layout stays; one line more where one field is
    (again,) = {one.account for one in read_credentials(f"auths/{name}", after)}
    assert again == credential.account


def flat(data: bytes) -> dict[str, Any]:
    """Return the fields of a file, those of an object in it by both names."""
    fields: dict[str, Any] = {}
    for name, value in msgspec.json.decode(data, type=dict[str, Any]).items():
        inner = value if isinstance(value, dict) else {}
        fields |= {f"{name}.{field}": one for field, one in inner.items()} if inner else {name: value}
    return fields


async def renewed(credential: Credential, store: FileStore, internet: Internet, clock: Callable[[], float]) -> None:
    """Exchange the tokens of a file, as the gateway does."""
    transport = SimulatedTransport(asked_at(internet))
    refresh = PROVIDERS[credential.provider].refresh
    assert refresh is not None
    renewal = Renewal(store, transport, clock=clock, sleep=asyncio.sleep)
    await renewal.run(credential, refresh, OURS.get(credential.provider), stuck=lambda error: None)
