"""How accounts stand, read beside a gateway: what it has saved is believed as far as it is still true."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import structs

from cliproxy.config.schema import ClaudeKey, Config
from cliproxy.credentials.credential import Candidate, Credential, Quota
from cliproxy.credentials.files.document import read_credentials
from cliproxy.credentials.pool import CredentialPool
from cliproxy.credentials.quota import QuotaWindow
from cliproxy.errors import Failure, FailureKind
from cliproxy.routing.known import KnownModels
from cliproxy.runtime.health import KEY
from cliproxy.runtime.intents import Intent, Intents, Stage, digest_of
from cliproxy.runtime.standing import Standing, State, matching, standings
from cliproxy.stores.memory import MemoryStore
from tests.gateway.go_accounts import PROVIDERS

NOW = 1_800_000_000.0
KNOWN = KnownModels.shipped()
FILE: dict[str, Any] = {"type": "claude", "email": "ann@x.example", "access_token": "at-1", "refresh_token": "rt-1"}


def file(**fields: Any) -> bytes:
    return msgspec.json.encode(FILE | fields)


async def listed(store: MemoryStore, config: Config | None = None) -> list[Standing]:
    return await standings(store, config or Config(), PROVIDERS, KNOWN, clock=lambda: NOW)


async def only(store: MemoryStore) -> Standing:
    (one,) = await listed(store)
    return one


async def store_with(**fields: Any) -> tuple[MemoryStore, CredentialPool, Credential]:
    """Return a store with one account, and the pool of a gateway that has it."""
    store = MemoryStore({"auths/a.json": file(**fields)})
    (credential,) = read_credentials("auths/a.json", file(**fields))
    return store, CredentialPool([credential]), credential


async def saved(store: MemoryStore, pool: CredentialPool) -> None:
    await store.write(KEY, msgspec.json.encode(pool.saved(now=NOW)))


async def test_an_account_that_is_ready() -> None:
    store, _, _ = await store_with(expired=NOW + 60)
    one = await only(store)
    assert (one.state, one.why, one.name, one.document) == (State.READY, "", "a.json", "auths/a.json")
    assert one.told == {"e-mail": "ann@x.example"}


async def test_an_account_that_rests() -> None:
    """All of it, or a model only: then it is ready for the others."""
    store, pool, credential = await store_with()
    candidate = Candidate(credential.id, "claude-opus-4-5")
    failure = Failure(FailureKind.QUOTA_SPENT, 429, "enough", rests_until=NOW + 600, scope="model")
    pool.pick([candidate], now=NOW)
    pool.failed(candidate, failure, now=NOW)
    await saved(store, pool)
    one = await only(store)
    assert one.state is State.READY
    assert [(rest.what, rest.until, rest.why) for rest in one.rests] == [
        ("claude-opus-4-5", NOW + 600, "quota_spent: enough")
    ]

    pool.pick([Candidate(credential.id, "claude-haiku-4-5")], now=NOW)
    pool.failed(candidate, structs.replace(failure, scope="account"), now=NOW)
    await saved(store, pool)
    one = await only(store)
    assert (one.state, one.until, one.why) == (State.RESTING, NOW + 600, "quota_spent: enough")


async def test_an_account_that_must_log_in_again() -> None:
    """The gateway has said so, or the note of a refresh; a new login ends both."""
    store, pool, credential = await store_with()
    pool.revoked(credential.id, "log in again: the grant is gone", now=NOW)
    await saved(store, pool)
    one = await only(store)
    assert (one.state, one.why) == (State.LOG_IN, "the grant is gone")
    await store.write("auths/a.json", file(refresh_token="rt-2"))
    assert (await only(store)).state is State.READY

    store, _, credential = await store_with()
    note = Intent(credential.document, digest_of(credential), Stage.REFUSED, NOW, "used twice")
    await Intents(store).write(note)
    one = await only(store)
    assert (one.state, one.why) == (State.LOG_IN, "used twice")
    await store.write("auths/a.json", file(refresh_token="rt-2"))
    assert (await only(store)).state is State.READY


async def test_an_account_that_used_up_what_it_may() -> None:
    store, pool, credential = await store_with(quota=10, quota_period="day")
    assert credential.quota == Quota(10, "tokens", "day")
    candidate = Candidate(credential.id, "m")
    pool.pick([candidate], now=NOW)
    pool.succeeded(candidate, now=NOW, tokens=12)
    pool.learned(credential.id, (QuotaWindow("5h", used_fraction=0.5, resets_at=NOW + 60, observed_at=NOW),), now=NOW)
    await saved(store, pool)
    one = await only(store)
    assert (one.state, one.used) == (State.USED_UP, 12)
    assert one.until is not None
    assert NOW < one.until <= NOW + 86400
    assert [window.name for window in one.windows] == ["5h"]


@pytest.mark.parametrize(
    ("data", "state", "why"),
    [
        (file(disabled=True), State.DISABLED, ""),
        (file(type="acme"), State.NOT_SERVED, "this version knows no 'acme'"),
        (file(refresh_token="", expired=NOW - 1), State.RUN_OUT, "log in again"),
        (b'{"type":"cl', State.UNREADABLE, "half written"),
        (b"", State.UNREADABLE, "it is empty"),
    ],
)
async def test_accounts_that_are_not_asked(data: bytes, state: State, why: str) -> None:
    one = await only(MemoryStore({"auths/a.json": data}))
    assert one.state is state
    assert why in one.why
    assert "at-1" not in one.why


async def test_an_account_in_two_files() -> None:
    files = {f"auths/{name}.json": file(organization_uuid="o", expired=NOW + end) for name, end in (("a", 1), ("b", 2))}
    one, other = await listed(MemoryStore(files))
    assert (one.state, other.state) == (State.LEFT_ALONE, State.READY)
    assert one.why == "b.json holds the same account"


async def test_health_that_cannot_be_read_is_none() -> None:
    store, _, _ = await store_with()
    await store.write(KEY, b"nonsense")
    assert (await only(store)).state is State.READY


async def test_keys_of_the_configuration_are_listed_after_the_files() -> None:
    store, _, _ = await store_with()
    one, key = await listed(store, Config(claude_api_key=(ClaudeKey(api_key="sk-hush"),)))
    assert (one.name, key.name, key.document) == ("a.json", "claude-api-key[0]", "")
    assert "hush" not in repr(key)


async def test_what_a_name_means() -> None:
    files = {
        "auths/claude-ann@x.example.json": file(),
        "auths/team/qwen.json": file(type="qwen", email="ann"),
        "auths/codex-ann@x.example.json": file(type="codex"),
        "auths/half.json": b"{",
    }
    known = await listed(MemoryStore(files), Config(claude_api_key=(ClaudeKey(api_key="k"),)))
    handle = known[-1].credential.handle if known[-1].credential else ""

    def meant(name: str) -> list[str]:
        return sorted(one.name for one in matching(known, name))

    both = ["claude-ann@x.example.json", "codex-ann@x.example.json"]
    assert meant("claude-ann@x.example.json") == meant("CLAUDE-ANN@x.example") == both[:1]
    assert meant("ann@x.example") == both  # the address of both
    assert meant("ann") == ["team/qwen.json"]  # whole before parts
    assert meant("codex") == both[1:]
    assert meant("qwen.json") == meant("team/qwen") == ["team/qwen.json"]
    assert meant("half") == ["half.json"]
    assert handle
    assert meant(handle) == meant("claude-api-key[0]") == ["claude-api-key[0]"]
    assert meant("nobody") == meant("") == meant(" ") == []
