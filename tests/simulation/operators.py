"""The operator: which keys and accounts the gateway has, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
from msgspec import structs

from cliproxy.config.schema import (
    ClaudeKey,
    CodexKey,
    CompatibleKey,
    CompatibleUpstream,
    Concurrency,
    Config,
    GeminiKey,
    ModelEntry,
    Routing,
)
from cliproxy.simulator.tokens import Login
from cliproxy.stores.base import AUTHS, Conflict, NotThere, Store
from tests.gateway.asking import CHAT, MESSAGES, RESPONSES
from tests.simulation.scenario import Place, Scenario
from tests.simulation.vendors import Vendors

NOTE = "kept as it is"
SAID = ("weight", "disabled", "max-concurrent", "priority", "quota", "quota-unit", "quota-period")

Share = dict[str, Any]  # what is said of one key or account: its weight, bounds ...


class Operator:
    """Owns the configuration and the credential files."""

    def __init__(self, scenario: Scenario, chance: Random, vendors: Vendors, store: Store) -> None:
        self.keys: dict[str, list[str]] = {place.host: [] for place in scenario.places if not place.is_login}
        self.files: dict[str, str] = {}  # the account of each credential file
        self.shares: dict[str, Share] = {}  # of keys and files
        self._scenario = scenario
        self._chance = chance
        self._vendors = vendors
        self._store = store
        self._serial = 0

    async def move_in(self) -> None:
        """Make the accounts of the scenario."""
        places = self._scenario.places
        for number in range(self._scenario.accounts):
            await self.add(places[number % len(places)])

    async def add(self, place: Place) -> None:
        """Buy one more account there; of keys the gateway knows from the next reload on."""
        self._serial += 1
        if not place.is_login:
            key = f"sk-{self._serial:05d}-simulated"
            self.keys[place.host].append(key)
            self._vendors.enrol(place.host, key)
            return
        account = f"person{self._serial:05d}"
        self._vendors.enrol(place.host, account)
        await self.log_in(f"{AUTHS}{place.provider}-{account}.json", place, account)

    async def log_in(self, name: str, place: Place, account: str) -> None:
        """Put a credential file in place, as a login does."""
        login = self._vendors.tokens[place.host].log_in(account)
        self.files[name] = account
        await self._store.write(name, _file(place, login, self.shares.get(name, {})))

    async def remove(self, name: str) -> None:
        """Delete a credential file."""
        self.files.pop(name, None)
        await self._store.delete(name)

    async def say(self, name: str, share: Share) -> None:
        """Say something else of a key, or in a file: read, change, write, and again where somebody was faster."""
        self.shares[name] = share
        while name in self.files:
            try:
                document = await self._store.read(name)
                kept = {
                    field: value for field, value in msgspec.json.decode(document.data).items() if field not in SAID
                }
                fields = kept | _told(share)
                await self._store.write(name, msgspec.json.encode(fields), expected=document.revision)
                return
            except Conflict:
                continue
            except NotThere:
                return

    async def misread(self) -> list[str]:
        """Return the files that do not say what the operator has last said."""
        wrong = []
        for name in self.files:
            fields = msgspec.json.decode((await self._store.read(name)).data)
            told = {"note": NOTE, **_told(self.shares.get(name, {}))}
            if told != {field: fields[field] for field in ("note", *SAID) if field in fields}:
                wrong.append(name)
        return wrong

    def place_of(self, name: str) -> Place:
        """Return where the account of a file is."""
        provider = name.removeprefix(AUTHS).partition("-")[0]
        return next(place for place in self._scenario.places if place.is_login and place.provider == provider)

    def config(self) -> Config:
        """Return the configuration as it is now."""
        keys: dict[str, list[Any]] = {}
        for place in self._scenario.places:
            if not place.is_login:
                keys.setdefault(place.provider, []).extend(self._entries(place))
        return structs.replace(
            Config(),
            routing=Routing(strategy=self._scenario.strategy),
            concurrency=Concurrency(per_credential=self._scenario.concurrent),
            openai_compatibility=tuple(keys.get("chat", ())),
            codex_api_key=tuple(keys.get("codex", ())),
            claude_api_key=tuple(keys.get("claude", ())),
            gemini_api_key=tuple(keys.get("gemini", ())),
        )

    def _entries(self, place: Place) -> Iterable[Any]:
        kinds = {RESPONSES: CodexKey, MESSAGES: ClaudeKey}
        models = tuple(ModelEntry(f"simulated-{model}", model) for model in place.models)
        url = f"https://{place.host}"
        if place.dialect == CHAT:
            entries = tuple(CompatibleKey(api_key=key, **self._share(key)) for key in self.keys[place.host])
            yield CompatibleUpstream(name="chat", base_url=f"{url}/v1", api_key_entries=entries, models=models)
            return
        kind = kinds.get(place.dialect, GeminiKey)
        base_url = f"{url}/v1" if place.dialect == RESPONSES else url
        for key in self.keys[place.host]:
            yield kind(api_key=key, base_url=base_url, models=models, **self._share(key))

    def _share(self, key: str) -> Share:
        return self.shares.get(key, {})


def _file(place: Place, login: Login, share: Share) -> bytes:
    fields = {
        "type": place.provider,
        "email": f"{login.account}@example.com",
        "access_token": login.access_token,
        "refresh_token": login.refresh_token,
        "expired": datetime.fromtimestamp(login.expires_at, UTC).isoformat(),
        "note": NOTE,
        **({"account_id": login.account} if place.provider == "codex" else {}),
    }
    return msgspec.json.encode(fields | _told(share))


def _told(share: Share) -> Share:
    """Return what is said of an account in the words of a credential file."""
    return {name.replace("_", "-"): value for name, value in share.items()}
