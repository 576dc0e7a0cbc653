"""A vendor that people log in to, without a vendor: the flow is ours, what is around it is the real thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from cliproxy.errors import LoginError
from cliproxy.login.flow import Callback, LoginFlow, LoginKind, LoginSession, LoginStart, NewAccount
from cliproxy.providers.base import Provider, bearer
from cliproxy.runtime.logins import Logins
from cliproxy.stores.base import Store
from cliproxy.stores.memory import MemoryStore
from cliproxy.testing.clock import HandClock
from cliproxy.testing.transport import Behaviour, SimulatedTransport
from cliproxy.wire.http import Ask, HttpRequest, Steps, Wait, fetched, told

NAME = "acme"
PATIENCE = 300.0  # seconds that a person has


def account(email: str = "ann@acme.example", **more: object) -> NewAccount:
    """Return what a login ends with."""
    fields = {"type": "claude", "email": email, "access_token": f"at-{email}", "refresh_token": f"rt-{email}", **more}
    return NewAccount(name=f"claude-{email}.json", fields=fields)


@dataclass
class Flow:
    """A login that is over at once; whose account it is stands in the code that comes back."""

    kind: LoginKind = LoginKind.BROWSER
    callback: Callback | None = None
    question: str = ""
    asks: Ask | None = None
    calls: HttpRequest | None = None
    waits: float = 0.0
    begins_after: float = 0.0  # seconds
    patience: float = PATIENCE
    breaks_off: Exception | None = None
    name: str = NAME
    url: str = "https://acme.example/consent?x=1"
    starts: list[LoginStart] = field(default_factory=list)

    def begin(self, start: LoginStart) -> Steps[LoginSession]:
        if self.begins_after:
            yield Wait(self.begins_after)
        self.starts.append(start)
        is_awaited = self.kind is LoginKind.BROWSER
        return LoginSession(
            provider=self.name,
            kind=self.kind,
            expires_at=start.now + self.patience,
            url="" if self.question else self.url.replace("STATE", start.entropy[:16].hex()),
            user_code="AB-12" if self.kind is LoginKind.DEVICE else "",
            question=self.question,
            is_secret=self.kind is LoginKind.COOKIE,
            state=start.entropy[:16].hex() if is_awaited else "",
            callback=self.callback if is_awaited else None,
            start=start,
        )

    def finish(self, session: LoginSession, answer: Mapping[str, str], *, now: float) -> Steps[NewAccount]:
        if answer.get("error"):
            raise LoginError("acme: the login was not allowed in the browser; log in again")
        if self.waits:
            yield Wait(self.waits)
        if self.breaks_off is not None:
            raise self.breaks_off
        if self.calls is not None:
            yield from fetched(self.calls)
        said = "" if self.asks is None else (yield from told(self.asks))
        name = answer.get("code") or answer.get("answer") or "ann"
        return account(f"{name}@acme.example", **({"alias": said} if said else {}))


def provider(*flows: LoginFlow, name: str = NAME) -> Provider:
    """Return a provider with these ways to log in."""
    return Provider(name=name, base_url="https://acme.example", endpoints=(), authorize=bearer, logins=flows)


def logins(
    *flows: LoginFlow,
    name: str = NAME,
    store: Store | None = None,
    clock: HandClock | None = None,
    hosts: Mapping[str, Behaviour] | None = None,
) -> Logins:
    """Return logins at that provider; chance counts 0, 1, 2."""
    clock = clock or HandClock()
    numbers = count()
    return Logins(
        store or MemoryStore(),
        {name: provider(*flows, name=name)},
        SimulatedTransport(hosts or {}),
        clock=clock,
        sleep=clock.sleep,
        entropy=lambda size: next(numbers).to_bytes(4, "big") * (size // 4),
    )
