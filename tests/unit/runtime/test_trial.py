"""A test of an account asks its vendor once, and says in words what is wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cliproxy import dialects
from cliproxy.config.schema import ClaudeKey, Config, ModelEntry
from cliproxy.conversation.model import ModelInfo
from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.document import read_credentials, with_field
from cliproxy.dialects.base import Dialect
from cliproxy.discovery import declared
from cliproxy.routing.known import KnownModels
from cliproxy.routing.offers import Menu, Offer
from cliproxy.runtime.offered import offered
from cliproxy.runtime.trial import Trial, Verdict, chosen
from cliproxy.simulator import Match, Refuse
from cliproxy.simulator.internet import Internet
from cliproxy.stores.base import StoreError
from cliproxy.stores.memory import MemoryStore
from cliproxy.testing.clock import HandClock
from cliproxy.testing.transport import SimulatedTransport
from tests.gateway.go_accounts import GO, NAMES, OURS, PEOPLE, PROVIDERS, asked_at, filled_in

DIALECTS = declared(dialects, "DIALECT", Dialect)
KNOWN = KnownModels.shipped()
CLAUDE = "claude-ann@example.com.json"
GEMINI = "gemini-ann@example.com-project-1.json"


class Desk:
    """Somebody who tests accounts of the Go program's folder."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.internet = Internet(self.clock, PEOPLE, keys=("sk-good-key",))
        self.hosts = asked_at(self.internet)
        self.store = MemoryStore()
        self.trial = Trial(
            self.store,
            DIALECTS,
            SimulatedTransport(self.hosts),
            clock=self.clock,
            sleep=asyncio.sleep,
            entropy=bytes,
            clients=OURS,
            options=" --config my.yaml",
        )

    async def file(self, name: str, **more: object) -> str:
        """Put a file into the store, with tokens that have not run out yet."""
        key, data = f"auths/{name}", filled_in((GO / name).read_bytes(), self.internet, name)
        for field, value in more.items():
            data = with_field(data, field, value)
        await self.store.write(key, data)
        return key

    async def credential(self, key: str) -> Credential:
        return read_credentials(key, (await self.store.read(key)).data)[0]

    async def test(self, key: str, model: str = "") -> Verdict:
        credential = await self.credential(key)
        ((one, menu),) = offered(Config(), [credential], PROVIDERS, KNOWN)
        assert menu is not None
        return await self.trial.run(one, menu, model=model)

    def calls(self, host: str) -> list[str]:
        return [call.path for call in self.internet.calls if call.host == host]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("name", NAMES)
async def test_every_kind_of_account_works(desk: Desk, name: str) -> None:
    """Its own dialect, its own address, its own token."""
    verdict = await desk.test(await desk.file(name))

    assert (verdict.problem, verdict.remedy) == ("", "")
    assert verdict.ok
    assert verdict.model


async def test_a_token_that_has_run_out_is_exchanged_and_stored_first(desk: Desk) -> None:
    key = await desk.file(CLAUDE, expired="2020-01-01T00:00:00Z")
    before = await desk.credential(key)

    assert (await desk.test(key)).ok
    after = await desk.credential(key)
    assert after.secret != before.secret
    assert after.expires_at is not None
    assert after.expires_at > desk.clock.now
    assert desk.calls("api.anthropic.com") == ["/v1/oauth/token", "/v1/messages"]
    assert await desk.store.list("state/") == []  # no note is left


async def test_a_token_that_is_refused_is_exchanged_once(desk: Desk) -> None:
    key = await desk.file(CLAUDE)  # the file's access token is none that the vendor gave out
    assert (await desk.test(key)).ok
    assert desk.calls("api.anthropic.com") == ["/v1/messages", "/v1/oauth/token", "/v1/messages"]


async def test_a_revoked_account_must_log_in_again(desk: Desk) -> None:
    """The command is whole, so that it can be pasted."""
    key = await desk.file(CLAUDE)
    desk.internet.revoke("claude", "ann@example.com")
    verdict = await desk.test(key)

    assert not verdict.ok
    assert "log in again" in verdict.problem
    assert verdict.remedy == "cli-proxy-api login claude --config my.yaml"


REFUSALS: dict[str, tuple[int, bytes, str, str]] = {
    "out of quota": (
        429,
        b'{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Quota exceeded","details":'
        b'[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3600s"}]}}',
        "until 2027-01-15 09:00 UTC",
        "wait",
    ),
    "forbidden": (403, b'{"error":{"code":403,"status":"PERMISSION_DENIED","message":"No"}}', "forbids", "login"),
    "no such model": (404, b'{"error":{"code":404,"status":"NOT_FOUND","message":"No"}}', "this model", "--model"),
    "in trouble": (500, b'{"error":{"code":500,"status":"INTERNAL","message":"Oh"}}', "in trouble", "again"),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_is_told_in_words(desk: Desk, name: str) -> None:
    status, body, problem, remedy = REFUSALS[name]
    key = await desk.file(GEMINI, token={"access_token": "ya29.a", "refresh_token": "1//r"})
    desk.internet.script.add(Refuse(status, body), times=None)
    verdict = await desk.test(key)

    assert not verdict.ok
    assert problem in verdict.problem
    assert remedy in verdict.remedy


async def test_a_file_without_a_project_is_told_so(desk: Desk) -> None:
    key = await desk.file(GEMINI, project_id="")
    desk.internet.script.add(
        Refuse(403, b'{"error":{"message":"No"}}'), Match(path_contains="generateContent"), times=None
    )
    verdict = await desk.test(key)

    assert "names no project" in verdict.problem
    assert verdict.remedy == "cli-proxy-api login gemini --config my.yaml --project YOUR-PROJECT"


async def test_a_clock_that_is_wrong(desk: Desk) -> None:
    """Tokens are good for a time, so who has another time is refused; the vendor's answer tells its own."""
    key = await desk.file(CLAUDE)
    date = "Fri, 15 Jan 2027 09:00:00 GMT"  # an hour ahead
    refusal = Refuse(403, b'{"error":{"message":"No"}}', headers={"date": date})
    desk.internet.script.add(refusal, Match(path_contains="/v1/messages"), times=None)
    verdict = await desk.test(key)

    assert "clock is 60 minutes behind" in verdict.problem
    assert "set the clock" in verdict.remedy


async def test_a_host_that_cannot_be_reached(desk: Desk) -> None:
    key = await desk.file(CLAUDE)
    del desk.hosts["api.anthropic.com"]
    verdict = await desk.test(key)

    assert "cannot be reached" in verdict.problem
    assert "network" in verdict.remedy


async def test_a_key_of_the_configuration(desk: Desk) -> None:
    """It is named by its place; what the vendor repeats of it is not shown."""
    keys = tuple(ClaudeKey(api_key=key) for key in ("sk-good-key", "sk-wrong-key"))
    (good, menu), (wrong, _) = offered(Config(claude_api_key=keys), (), PROVIDERS, KNOWN)
    assert menu is not None
    assert (await desk.trial.run(good, menu)).ok

    body = b'{"type":"error","error":{"type":"authentication_error","message":"no key: sk-wrong-key"}}'
    desk.internet.script.add(Refuse(401, body), times=None)
    verdict = await desk.trial.run(wrong, menu)
    assert "the key is wrong" in verdict.problem
    assert "sk-wrong-key" not in verdict.problem
    assert "claude-api-key[1]" in verdict.remedy


async def test_a_store_that_cannot_be_written_spends_no_token(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await desk.file(CLAUDE, expired="2020-01-01T00:00:00Z")

    async def refused(*_: Any, **__: Any) -> str:
        raise StoreError("the disk is full")

    monkeypatch.setattr(desk.store, "write", refused)
    verdict = await desk.test(key)

    assert "the disk is full" in verdict.problem
    assert desk.calls("api.anthropic.com") == []


async def test_a_model_is_chosen_by_name_else_by_price(desk: Desk) -> None:
    key = await desk.file(CLAUDE)
    assert "haiku" in (await desk.test(key)).model
    assert (await desk.test(key, "claude-sonnet-4-6")).model == "claude-sonnet-4-6"


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        (("gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"), "gemini-2.5-flash-lite"),
        (("gpt-5", "gpt-5-codex-mini"), "gpt-5-codex-mini"),
        (("gemini-3-pro-image-preview", "gemini-3-pro"), "gemini-3-pro"),
        (("kimi-k2-thinking", "kimi-k2"), "kimi-k2"),
        (("gemini-2.5-pro", "gemini-3-pro"), "gemini-2.5-pro"),
        ((), None),
    ],
)
def test_what_costs_little(models: tuple[str, ...], expected: str | None) -> None:
    menu = Menu(PROVIDERS["claude"], tuple(Offer(name, name, ModelInfo(name)) for name in models))
    offer = chosen(menu)
    assert (offer.model if offer else None) == expected


async def test_a_model_that_is_not_offered(desk: Desk) -> None:
    key = ClaudeKey(api_key="sk-good-key", models=(ModelEntry("claude-haiku-4-5", "small"),))
    ((one, menu),) = offered(Config(claude_api_key=(key,)), (), PROVIDERS, KNOWN)
    assert menu is not None
    verdict = await desk.trial.run(one, menu, model="gpt-5")

    assert verdict.problem == "it offers no model 'gpt-5'"
    assert "small" in verdict.remedy
    assert not desk.internet.calls


def test_the_folder_is_there() -> None:
    assert len(NAMES) == len(list(Path(GO).glob("*.json"))) > 10
