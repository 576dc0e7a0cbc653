"""Accounts at a simulated token server: their files in a store, and how they are refreshed there."""

from __future__ import annotations

from typing import Any

import msgspec

from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.document import read_credentials
from cliproxy.login.flow import Client
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.simulator import Script, TokenServer
from cliproxy.stores.memory import MemoryStore
from cliproxy.testing.clock import HandClock
from cliproxy.testing.transport import SimulatedTransport

LIFETIME, LEAD = 3600.0, 600.0  # seconds
REFRESH = RefreshToken(
    lead=LEAD, url="https://login.example/oauth/token", provider="claude", client=Client("ours"), as_json=True
)


class Accounts:
    """A token server, and a store with a file for each account that logged in there."""

    def __init__(self, *names: str, grace: float = 0.0, rotates: bool = True, **more: Any) -> None:
        self.clock = HandClock()
        self.script = Script()
        self.server = TokenServer(self.clock, lifetime=LIFETIME, grace=grace, rotates=rotates, script=self.script)
        self.transport = SimulatedTransport({"login.example": self.server.answer})
        self.files = {key_of(name): self.file(name, **more) for name in names}
        self.store = MemoryStore(self.files)

    def file(self, name: str, **more: Any) -> bytes:
        """Log an account in, and return what its file holds."""
        login = self.server.log_in(name)
        values = {
            "type": "claude",
            "email": f"{name}@acme.example",
            "access_token": login.access_token,
            "refresh_token": login.refresh_token,
            "expired": login.expires_at,
            "last_refresh": self.clock(),
            **more,
        }
        return msgspec.json.encode(values)

    async def credential(self, name: str) -> Credential:
        """Return the credential that an account's file holds now."""
        key = key_of(name)
        return read_credentials(key, (await self.store.read(key)).data)[0]

    async def fields(self, name: str) -> dict[str, Any]:
        """Return an account's file as JSON."""
        found: dict[str, Any] = msgspec.json.decode((await self.store.read(key_of(name))).data)
        return found

    def most_presented(self) -> int:
        """Return how often the token was shown to the server that was shown most often."""
        return max(self.server.presented.values(), default=0)


def key_of(name: str) -> str:
    return f"auths/{name}.json"
