"""Tokens kept fresh, over a simulated token server and a store in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
import pytest
import structlog
from msgspec import structs

from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.credentials.files.document import read_credentials
from cliproxy.credentials.policy import Policy
from cliproxy.credentials.pool import CredentialPool
from cliproxy.errors import Failure, FailureKind
from cliproxy.login.flow import RefreshFailed, Revoked
from cliproxy.providers import claude, gemini_cli, vertex
from cliproxy.providers.base import Provider
from cliproxy.runtime.intents import INTENTS, Intent, Intents, Stage
from cliproxy.runtime.refresh import MOST_AT_ONCE, Refresher
from cliproxy.simulator import Delay, Hang, Refuse
from cliproxy.simulator.answer import Answer, Request, whole
from cliproxy.stores.base import StoreError
from cliproxy.stores.memory import MemoryStore
from cliproxy.testing.transport import SimulatedTransport
from cliproxy.wire.http import Steps
from tests.unit.login.keys import key_file, pkcs8
from tests.unit.runtime.accounts import LEAD, LIFETIME, REFRESH, Accounts, key_of

PROVIDERS = {
    "claude": replace(claude.PROVIDER, refresh=REFRESH),
    "gemini-cli": replace(gemini_cli.PROVIDER, refresh=REFRESH),
}


class Tended:
    """Accounts in a pool, with a refresher that is told of time by hand."""

    def __init__(
        self,
        accounts: Accounts,
        *,
        store: MemoryStore | None = None,
        jitter: float = 0.0,
        providers: Mapping[str, Provider] = PROVIDERS,
    ) -> None:
        self.accounts = accounts
        self.clock = accounts.clock
        documents = accounts.files.items()
        self.credentials = [one for key, data in documents for one in read_credentials(key, data)]
        self.pool = CredentialPool(self.credentials, Policy())
        self._ticks = asyncio.Event()
        self.refresher = Refresher(
            store or accounts.store,
            self.pool,
            providers,
            accounts.transport,
            clock=accounts.clock,
            sleep=self._sleep,
            jitter=lambda: jitter,
            last_wait=0.1,
        )
        self.refresher.watch(self.credentials)

    def credential(self, name: str) -> Credential:
        found = self.pool.get(f"{name}.json")
        assert found is not None
        return found

    def owner(self, name: str) -> str:
        """Return whose access token the pool has for an account."""
        return self.accounts.server.owner_of(self.credential(name).secret.reveal())

    async def tick(self, seconds: float = 0.0) -> None:
        """Let time pass, the refresher look, and what it starts end."""
        self.clock.advance(seconds)
        self._ticks.set()
        await _until(lambda: not self._ticks.is_set())
        await _settled()

    async def _sleep(self, seconds: float) -> None:
        await self._ticks.wait()
        self._ticks.clear()


@asynccontextmanager
async def running(tended: Tended) -> AsyncIterator[Tended]:
    job = asyncio.create_task(tended.refresher.run())
    await _settled()
    try:
        yield tended
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)


async def _settled() -> None:
    for _ in range(200):
        await asyncio.sleep(0)


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


async def test_a_token_is_exchanged_ahead_of_its_end_and_not_before() -> None:
    async with running(Tended(Accounts("ann"))) as tended:
        await tended.tick(LIFETIME - LEAD - 1)
        assert not tended.accounts.server.presented
        await tended.tick(1)
        assert sum(tended.accounts.server.presented.values()) == 1
        assert tended.credential("ann").expires_at == tended.clock() + LIFETIME
        await tended.tick(60)
        assert sum(tended.accounts.server.presented.values()) == 1
        await tended.tick(LIFETIME - LEAD)
        assert sum(tended.accounts.server.presented.values()) == 2
        assert tended.accounts.most_presented() == 1


async def test_only_tokens_change() -> None:
    """Health, what the configuration adds, and what is in flight stay as they are."""
    tended = Tended(Accounts("ann"))
    candidate = Candidate("ann.json", "m")
    edited = structs.replace(tended.credential("ann"), priority=9, excluded_models=("by-configuration",))
    tended.pool.update(edited)
    tended.pool.pick([candidate], now=tended.clock())
    limited = Failure(FailureKind.RATE_LIMITED, 429, "slow down", retry_after=500.0)
    tended.pool.failed(candidate, limited, now=tended.clock())
    tended.clock.advance(1)
    rests = tended.pool.ready_at([candidate], now=tended.clock())
    renewed = await tended.refresher.fresh("ann.json")

    assert tended.pool.ready_at([candidate], now=tended.clock()) == rests
    assert rests is not None
    assert rests > tended.clock()
    changed = {name for name in renewed.__struct_fields__ if getattr(renewed, name) != getattr(edited, name)}
    assert changed == {"secret", "refresh_token", "expires_at", "refreshed_at"}


async def test_many_who_ask_share_one_refresh() -> None:
    tended = Tended(Accounts("ann"))
    answers = await asyncio.gather(*(tended.refresher.fresh("ann.json") for _ in range(50)))

    assert len({answer.secret for answer in answers}) == 1
    assert sum(tended.accounts.server.presented.values()) == 1


async def test_a_refresh_goes_on_when_who_asked_leaves() -> None:
    tended = Tended(Accounts("ann"))
    before = tended.credential("ann").secret
    asking = asyncio.create_task(tended.refresher.fresh("ann.json"))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await _settled()

    assert tended.credential("ann").secret != before
    assert (await tended.accounts.credential("ann")).secret == tended.credential("ann").secret


async def test_projects_of_one_account_share_its_refresh() -> None:
    tended = Tended(Accounts("ann", type="gemini", project_id="p1,p2"))
    one, two = await asyncio.gather(tended.refresher.fresh("ann.json::p1"), tended.refresher.fresh("ann.json::p2"))

    assert (one.project, two.project) == ("p1", "p2")
    assert one.secret == two.secret
    assert sum(tended.accounts.server.presented.values()) == 1


async def test_a_revoked_account_is_taken_out_of_the_pool_and_the_others_are_not() -> None:
    tended = Tended(Accounts("ann", "bob"))
    tended.accounts.server.revoke("ann")
    with structlog.testing.capture_logs() as logs:
        with pytest.raises(Revoked, match="log in again"):
            await tended.refresher.fresh("ann.json")
        with pytest.raises(Revoked):
            await tended.refresher.fresh("ann.json")
    candidates = [Candidate("ann.json", "m"), Candidate("bob.json", "m")]

    assert tended.pool.pick(candidates, now=tended.clock()) == candidates[1]
    assert tended.pool.ready_at(candidates[:1], now=tended.clock()) is None
    assert sum(tended.accounts.server.presented.values()) == 1
    [line] = logs
    assert (line["event"], line["document"], line["account"]) == (
        "account must log in again",
        "auths/ann.json",
        "ann@acme.example",
    )


async def test_a_new_login_ends_a_revocation() -> None:
    tended = Tended(Accounts("ann"))
    tended.accounts.server.revoke("ann")
    with pytest.raises(Revoked):
        await tended.refresher.fresh("ann.json")
    await tended.accounts.store.write(key_of("ann"), tended.accounts.file("ann"))
    anew = await tended.accounts.credential("ann")
    tended.pool.update(anew)
    tended.clock.advance(LIFETIME)

    assert (await tended.refresher.fresh("ann.json")).secret != anew.secret


async def test_trouble_is_no_revocation_and_is_tried_again_later() -> None:
    async with running(Tended(Accounts("ann"))) as tended:
        tended.accounts.script.add(Refuse(503), times=2)
        await tended.tick(LIFETIME - LEAD)
        state = tended.refresher.state("ann.json")
        assert state is not None
        assert state.failure is not None
        assert state.next_at == tended.clock() + 300
        await tended.tick(299)
        assert sum(tended.accounts.server.presented.values()) == 1
        await tended.tick(1)
        assert sum(tended.accounts.server.presented.values()) == 2
        await tended.tick(600)
        assert tended.owner("ann") == "ann"
        assert tended.accounts.server.exchanged.total() == 1


async def test_clients_do_not_hammer_a_broken_token_server() -> None:
    tended = Tended(Accounts("ann"))
    tended.clock.advance(LIFETIME)
    tended.accounts.script.add(Refuse(503), times=None)
    for _ in range(50):
        with pytest.raises(RefreshFailed) as failed:
            await tended.refresher.fresh("ann.json")
        assert failed.value.failure.kind is FailureKind.SERVER_ERROR
    assert sum(tended.accounts.server.presented.values()) == 1


async def test_accounts_that_run_out_together_are_spread() -> None:
    """Over half of their lead, as chance has it."""
    early, late = Tended(Accounts("ann")), Tended(Accounts("ann"), jitter=1.0)
    states = [tended.refresher.state("ann.json") for tended in (early, late)]
    begins, ends = (state.next_at for state in states if state is not None)

    assert begins is not None
    assert ends is not None
    assert ends - begins == LEAD / 2


async def test_sixteen_at_once_and_the_rest_right_behind() -> None:
    names = [f"a{number}" for number in range(50)]
    async with running(Tended(Accounts(*names))) as tended:
        tended.accounts.script.add(Delay(0.2), times=MOST_AT_ONCE)
        await tended.tick(LIFETIME - LEAD)
        assert tended.accounts.server.presented.total() == MOST_AT_ONCE
        assert sum(is_running(tended, name) for name in names) == MOST_AT_ONCE
        asked = await tended.refresher.fresh("a40.json")
        assert tended.accounts.server.owner_of(asked.secret.reveal()) == "a40", "who asks does not wait behind them"

    tended = Tended(Accounts(*names))
    async with running(tended):
        await tended.tick(LIFETIME - LEAD)
        await _settled()
        assert tended.accounts.server.presented.total() == 50, "in one look, as soon as there is room"


def is_running(tended: Tended, name: str) -> bool:
    state = tended.refresher.state(f"{name}.json")
    assert state is not None
    return state.is_running


@pytest.mark.parametrize("changed", [{"disabled": True}, {"refresh_token": ""}, {"type": "vertex"}])
async def test_what_cannot_or_must_not_be_refreshed_is_left_alone(changed: dict[str, Any]) -> None:
    async with running(Tended(Accounts("ann", **changed))) as tended:
        await tended.tick(LIFETIME)
        assert not tended.accounts.server.presented


async def test_who_has_nothing_to_refresh_with_is_told_so() -> None:
    tended = Tended(Accounts("ann", refresh_token=""))
    for id_ in ("ann.json", "nobody.json"):
        with pytest.raises(RefreshFailed, match="nothing to refresh"):
            await tended.refresher.fresh(id_)
        assert tended.refresher.state(id_) is None


async def test_a_token_that_came_from_elsewhere_is_planned_for() -> None:
    """Another process refreshed it and a reload told the pool: it is not due any more."""
    async with running(Tended(Accounts("ann"))) as tended:
        tended.clock.advance(LIFETIME - LEAD)
        await tended.accounts.store.write(key_of("ann"), tended.accounts.file("ann"))
        tended.pool.update(await tended.accounts.credential("ann"))
        await tended.tick()
        assert not tended.accounts.server.presented
        await tended.tick(LIFETIME - LEAD)
        assert tended.accounts.server.presented.total() == 1


async def test_an_edit_of_a_file_is_noticed() -> None:
    """A login anew, or one where there was none, comes by a reload of that one credential."""
    accounts = Accounts("ann", "bob", refresh_token="")
    async with running(Tended(accounts)) as tended:
        for _ in range(200):  # however often; what is void does not pile up
            for name in ("ann", "bob"):
                await accounts.store.write(key_of(name), accounts.file(name))
                tended.pool.update(await accounts.credential(name))
                tended.refresher.updated(tended.credential(name))
        assert len(tended.refresher._due) < 50
        await tended.tick(LIFETIME - LEAD)
        assert accounts.server.exchanged.total() == 2


async def test_removed_accounts_are_forgotten_and_new_ones_kept_fresh() -> None:
    async with running(Tended(Accounts("ann", "bob"))) as tended:
        bob = tended.credential("bob")
        tended.pool.replace([bob], Policy())
        tended.refresher.watch([bob])
        await tended.tick(LIFETIME - LEAD)
        assert set(tended.accounts.server.exchanged) == {bob.refresh_token.reveal()}
        assert tended.refresher.state("ann.json") is None


async def test_a_key_that_a_token_fetched_outlasts_it() -> None:
    """iFlow's: while its token server is down, or knows no client of ours, the key goes on working."""
    key = replace(claude.PROVIDER, refresh=structs.replace(REFRESH, yields_key=True))
    tended = Tended(Accounts("ann"), providers={"claude": key})
    tended.clock.advance(LIFETIME)
    tended.accounts.script.add(Refuse(503), times=None)

    for _ in range(2):
        assert await tended.refresher.fresh("ann.json") == tended.credential("ann")
    assert tended.accounts.server.presented.total() == 1


class Robots:
    """Service accounts behind a refresher, and Google, which gives a token for every statement."""

    def __init__(self, *names: str, **changed: Any) -> None:
        self.made = 0
        self.refuses = 0  # so many, before it gives any
        self.meanwhile: Callable[[], None] = lambda: None
        self.accounts = Accounts()
        self.accounts.files = {key_of(name): self.file(name, **changed) for name in names}
        self.accounts.store = self.store = MemoryStore(self.accounts.files)
        self.accounts.transport = SimulatedTransport({"oauth2.googleapis.com": self._answer})
        self.tended = Tended(self.accounts, providers={"vertex": vertex.PROVIDER})

    def file(self, name: str, **changed: Any) -> bytes:
        service = key_file(client_email=f"{name}@acme.example", **changed)
        return msgspec.json.encode({"type": "vertex", "service_account": service, "project_id": "p"})

    async def edited(self, name: str, **changed: Any) -> None:
        """Have somebody change a file, and the gateway see it."""
        await self.store.write(key_of(name), self.file(name, **changed))
        credential = await self.accounts.credential(name)
        self.tended.pool.update(credential)
        self.tended.refresher.updated(credential)

    def token(self, name: str) -> str:
        return self.tended.credential(name).secret.reveal()

    def _answer(self, request: Request) -> Answer:
        self.made += 1
        self.meanwhile()
        if self.made <= self.refuses:
            return whole(400, {"content-type": "application/json"}, b'{"error":"invalid_grant"}')
        body = {"access_token": f"ya29.{self.made}", "expires_in": LIFETIME}
        return whole(200, {"content-type": "application/json"}, msgspec.json.encode(body))


async def test_an_account_without_a_project_looks_it_up_at_once_and_once() -> None:
    """Other programs write no project into their files, and nothing is answered without one."""

    def learned(credential: Credential, access_token: str) -> Steps[Mapping[str, object]]:
        yield from ()
        return {"project_id": "p-1"} if credential.label.startswith("ann") else {}

    project = replace(gemini_cli.PROVIDER, refresh=structs.replace(REFRESH, after=learned))
    async with running(Tended(Accounts("ann", "bob", type="gemini"), providers={"gemini-cli": project})) as tended:
        await tended.tick()
        assert (tended.credential("ann").project, tended.credential("bob").project) == ("p-1", "")
        assert (await tended.accounts.fields("ann"))["project_id"] == "p-1"
        await tended.tick(60)
        assert tended.accounts.server.presented.total() == 2


async def test_a_token_that_is_made_is_kept_in_memory_and_never_written() -> None:
    """A service account's: until it ages, however many ask; no note is needed, for it can be made again."""
    robots = Robots("ann")
    fresh = await asyncio.gather(*(robots.tended.refresher.fresh("ann.json") for _ in range(50)))

    assert {one.secret.reveal() for one in fresh} == {"ya29.1"} == {robots.token("ann")}
    assert (await robots.store.read(key_of("ann"))).data == robots.accounts.files[key_of("ann")]
    assert await robots.store.list("") == [key_of("ann")]


async def test_a_token_that_is_made_is_made_anew_ahead_of_its_end() -> None:
    async with running(Robots("ann").tended) as tended:
        await tended.tick()
        assert tended.credential("ann").secret.reveal() == "ya29.1"
        await tended.tick(LIFETIME - 301)
        assert tended.credential("ann").secret.reveal() == "ya29.1"
        await tended.tick(2)
        assert tended.credential("ann").secret.reveal() == "ya29.2"


async def test_a_token_that_was_made_from_a_key_that_was_exchanged_meanwhile_is_made_again() -> None:
    robots = Robots("ann")
    [another] = read_credentials(key_of("ann"), robots.file("ann", private_key_id="kid-2"))
    robots.meanwhile = lambda: robots.tended.pool.update(another)
    fresh = await robots.tended.refresher.fresh("ann.json")

    assert fresh.secret.reveal() == "ya29.2"
    assert fresh.details == another.details


async def test_a_refusal_of_a_key_that_was_exchanged_meanwhile_is_not_the_new_one_s() -> None:
    """Else the new key would lie idle until somebody touches its file again."""
    robots = Robots("ann")
    only = Candidate("ann.json", "m")
    [another] = read_credentials(key_of("ann"), robots.file("ann", private_key_id="kid-2"))

    def exchanged() -> None:
        if robots.made == 1:
            robots.tended.pool.update(another)
            robots.tended.refresher.updated(another)

    robots.refuses, robots.meanwhile = 1, exchanged
    fresh = await robots.tended.refresher.fresh("ann.json")

    assert (fresh.secret.reveal(), fresh.details) == ("ya29.2", another.details)
    assert robots.tended.pool.serves([only], now=robots.tended.clock())


async def test_a_broken_key_is_told_once_and_a_new_one_is_tried_at_once() -> None:
    """Nobody has to restart anything."""
    robots = Robots("ann", private_key=pkcs8()[:200])
    only = Candidate("ann.json", "m")
    for _ in range(2):
        with pytest.raises(Revoked, match=r"ann@acme\.example \(auths/ann\.json\): its private key"):
            await robots.tended.refresher.fresh("ann.json")
    assert not robots.tended.pool.serves([only], now=robots.tended.clock())
    async with running(robots.tended):
        await robots.edited("ann")
        await robots.tended.tick()
        assert robots.tended.pool.serves([only], now=robots.tended.clock())
        assert (robots.made, robots.token("ann")) == (1, "ya29.1")


async def test_an_edit_of_a_file_costs_its_token_and_nothing_else() -> None:
    """It stands nowhere but in memory, and the file is read anew."""
    robots = Robots("ann", "bob")
    for name in ("ann", "bob"):
        await robots.tended.refresher.fresh(f"{name}.json")
    await robots.edited("ann")

    assert (robots.token("ann"), robots.token("bob")) == ("", "ya29.2")
    assert (await robots.tended.refresher.fresh("ann.json")).secret.reveal() == "ya29.3"


async def test_a_new_token_that_cannot_be_stored_is_not_used() -> None:
    """Those who wait are told; the old one is kept while it lasts. When it can be stored, it is."""

    class Full(MemoryStore):
        is_full = True

        async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
            if self.is_full and key.startswith("auths/"):
                raise StoreError("the disk is full")
            return await super().write(key, data, expected=expected)

    accounts = Accounts("ann")
    accounts.store = store = Full(accounts.files)
    tended = Tended(accounts, store=store)
    before = tended.credential("ann").secret
    with pytest.raises(RefreshFailed, match="cannot be stored"):
        await tended.refresher.fresh("ann.json")
    assert tended.credential("ann").secret == before
    with pytest.raises(RefreshFailed, match="cannot be stored"):
        await tended.refresher.fresh("ann.json")
    store.is_full = False
    tended._ticks.set()
    await _settled()

    assert tended.owner("ann") == "ann"
    assert tended.credential("ann").secret != before
    assert accounts.server.presented.total() == 1


async def test_stopping_waits_for_what_runs_and_begins_nothing() -> None:
    names = [f"a{number}" for number in range(40)]
    async with running(Tended(Accounts(*names))) as tended:
        tended.accounts.script.add(Delay(0.05), times=None)
        await tended.tick(LIFETIME - LEAD)
        assert is_running(tended, "a0")
    begun = tended.accounts.server.presented.total()

    assert begun == MOST_AT_ONCE
    assert not any(is_running(tended, name) for name in names)
    assert tended.accounts.server.exchanged.total() == begun
    stored = [await tended.accounts.credential(name) for name in names]
    assert sum(tended.accounts.server.owner_of(one.secret.reveal()) != "" for one in stored) == 40


async def test_stopping_does_not_wait_for_ever() -> None:
    """Who asked is told; the note that is left says to the next start how far it came."""
    async with running(Tended(Accounts("ann"))) as tended:
        tended.accounts.script.add(Hang())
        asking = asyncio.create_task(tended.refresher.fresh("ann.json"))
        await _until(lambda: tended.accounts.server.presented.total() == 1)

    with pytest.raises(RefreshFailed, match="stopping"):
        await asking
    assert len(await tended.accounts.store.list(INTENTS)) == 1


async def test_an_account_that_is_removed_while_it_is_refreshed_is_let_go() -> None:
    tended = Tended(Accounts("ann"))
    tended.accounts.script.add(Delay(0.01))
    asking = asyncio.create_task(tended.refresher.fresh("ann.json"))
    await _until(lambda: tended.accounts.server.presented.total() == 1)
    tended.pool.replace([], Policy())
    tended.refresher.watch([])

    with pytest.raises(RefreshFailed, match="removed"):
        await asking
    assert (await tended.accounts.credential("ann")).secret != tended.credentials[0].secret, "what came is stored"


async def test_old_notes_are_swept_at_the_start_if_they_can_be() -> None:
    class Unlisted(MemoryStore):
        async def list(self, prefix: str) -> list[str]:
            raise StoreError("not permitted")

    accounts = Accounts("ann")
    await Intents(accounts.store).write(Intent("auths/gone.json", "digest", Stage.SENT, 1.0))
    async with running(Tended(accounts)):
        assert await accounts.store.list(INTENTS) == []
    with structlog.testing.capture_logs() as logs:
        async with running(Tended(accounts, store=Unlisted(accounts.files))) as tended:
            await tended.tick(LIFETIME - LEAD)
            assert tended.owner("ann") == "ann"
    assert logs[0]["event"] == "notes on refreshes cannot be read"


async def test_a_fault_of_ours_in_one_account_does_not_end_the_others() -> None:
    class Odd(MemoryStore):
        async def read(self, key: str) -> Any:
            if key == key_of("ann"):
                raise ZeroDivisionError("by whatever chance")
            return await super().read(key)

    accounts = Accounts("ann", "bob")
    with structlog.testing.capture_logs():
        async with running(Tended(accounts, store=Odd(accounts.files))) as tended:
            await tended.tick(LIFETIME - LEAD)
            assert tended.owner("bob") == "bob"
            state = tended.refresher.state("ann.json")
            assert state is not None
            assert state.next_at == tended.clock() + 300


async def test_no_token_is_logged() -> None:
    accounts = Accounts("ann", "bob", "eve")
    accounts.server.revoke("bob")
    accounts.script.add(Refuse(500), times=1)
    secrets = [
        msgspec.json.decode(data)[name]
        for data in accounts.files.values()
        for name in ("access_token", "refresh_token")
    ]
    with structlog.testing.capture_logs() as logs:
        tended = Tended(accounts)
        await asyncio.gather(
            *(tended.refresher.fresh(f"{n}.json") for n in ("ann", "bob", "eve")), return_exceptions=True
        )
        secrets += [one.secret.reveal() for one in map(tended.credential, ("ann", "eve"))]
    assert {line["event"] for line in logs} == {"token refreshed", "token not refreshed", "account must log in again"}
    assert not [secret for secret in secrets if secret in str(logs)]
