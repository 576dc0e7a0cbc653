"""
The internet as a gateway sees it: every vendor's authorization server and upstream host under its real name.

    internet = Internet(clock, people=(ANN,))
    answer = internet.answer(request)  # by `request.host`
    internet.expire("claude", "ann@example.com")

Somebody sits at the browser (`visitor`), everybody has an account everywhere, and what an authorization server gave out
opens the vendor's upstream. A script says what goes wrong, also with logins: there a rule's `key` is the code or
refresh token that was shown, its `model` whose it is. A refusal spends nothing; a fault on the wire comes after the
exchange.
"""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from cliproxy.simulator.answer import Answer, Call, Request, whole
from cliproxy.simulator.authorization.claude import Claude
from cliproxy.simulator.authorization.google import Google
from cliproxy.simulator.authorization.iflow import IFlow
from cliproxy.simulator.authorization.kimi import Kimi
from cliproxy.simulator.authorization.openai import OpenAI
from cliproxy.simulator.authorization.qwen import Qwen
from cliproxy.simulator.authorization.server import AuthorizationServer, Consent, Visitor
from cliproxy.simulator.authorization.words import JSON, form_of, texts_of
from cliproxy.simulator.faults import Fault, NoContent, NotStreamed, Refuse, RefuseInside, Script, spoil
from cliproxy.simulator.grants import Grants, OAuthError
from cliproxy.simulator.hosts import Frames, Hosts
from cliproxy.simulator.people import ANN, Person

KEPT_CALLS = 10_000
HOUR = 3600.0
LIFETIMES = {  # seconds that access tokens last
    "claude": 8 * HOUR,
    "openai": 240 * HOUR,
    "google": HOUR,
    "qwen": 6 * HOUR,
    "iflow": 48 * HOUR,
    "kimi": HOUR / 4,
}
SHOWN = ("refresh_token", "code", "device_code", "device_auth_id", "user_code", "assertion")


class Internet:
    """
    All vendors.

    Args:
        clock: Gives the unix time.
        people: Who has an account, at every vendor; the first one is at the browser.
        consent: What is said there to a program that wants to use an account.
        lifetime: Seconds that access tokens last; None: as long as each vendor's do.
        script: What goes wrong, and when.
        secrets: The secrets of the programs `iflow` and `antigravity`.
        approves_after: Polls of a device after which it is allowed without a visit of its page.
        interval: Seconds between two polls of a device.
        onboarding_polls: How often Google's onboarding answers that it is not done.
        keys: Keys that upstreams know beside those of people.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        people: Sequence[Person] = (ANN,),
        consent: Consent = Consent.AT_ONCE,
        *,
        lifetime: float | None = None,
        script: Script | None = None,
        secrets: Mapping[str, str] | None = None,
        approves_after: int | None = None,
        interval: float = 5.0,
        onboarding_polls: int = 0,
        keys: Collection[str] = (),
    ) -> None:
        secrets = {"iflow": "iflow-secret", "antigravity": "antigravity-secret", **(secrets or {})}
        self.people = {person.email: person for person in people}
        self.visitor = Visitor(people[0].email, consent, approves_after)
        self.script = script or Script()
        self.calls: deque[Request] = deque(maxlen=KEPT_CALLS)

        def books(vendor: str, access: str, refresh: str, *, rotates: bool = True) -> Grants:
            lasts = LIFETIMES[vendor] if lifetime is None else lifetime
            return Grants(clock, lifetime=lasts, rotates=rotates, access=access, refresh=refresh, interval=interval)

        shared = (self.people, self.visitor, clock)
        self.claude = Claude(books("claude", "sk-ant-oat01-", "sk-ant-ort01-"), *shared)
        self.openai = OpenAI(books("openai", "at-openai-", "rt-openai-"), *shared)
        self.google = Google(
            books("google", "ya29.", "1//", rotates=False),
            *shared,
            antigravity_secret=secrets["antigravity"],
            onboarding_polls=onboarding_polls,
        )
        self.qwen = Qwen(books("qwen", "at-qwen-", "rt-qwen-"), *shared)
        self.iflow = IFlow(books("iflow", "at-iflow-", "rt-iflow-"), *shared, secret=secrets["iflow"])
        self.kimi = Kimi(books("kimi", "at-kimi-", "rt-kimi-"), *shared)
        servers = (self.claude, self.openai, self.google, self.qwen, self.iflow, self.kimi)
        self.servers: Mapping[str, AuthorizationServer] = {server.name: server for server in servers}
        self.tokens: Mapping[str, Grants] = {server.name: server.grants for server in servers}
        self.hosts = Hosts(self.owner_of, clock, script=self.script, keys=keys)

    def knows(self, host: str) -> bool:
        """Tell whether there is a host of this name."""
        return any(server.knows(host) for server in self.servers.values()) or self.hosts.knows(host)

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request, and remember it. 101 means that `socket` plays the rest."""
        self.calls.append(request)
        for server in self.servers.values():
            if server.has(request):
                return self._login_answer(server, request)
        if self.hosts.knows(request.host):
            return self.hosts.answer(request)
        return whole(404, {"content-type": "text/plain"}, b"there is nothing here\n")

    async def socket(self, request: Request, frames: Frames) -> None:
        """Play a WebSocket that `answer` has taken."""
        await self.hosts.socket(request, frames)

    def owner_of(self, vendor: str, token: str) -> Person | None:
        """Return whose access token or key this is; None for nobody's and for one that has ended."""
        return self.servers[vendor].owner_of(token)

    def approve(self, user_code: str) -> bool:
        """Allow the device that shows this code; tell whether one waits for it."""
        return self._decide(user_code, allow=True)

    def deny(self, user_code: str) -> bool:
        """Refuse the device that shows this code; tell whether one waits for it."""
        return self._decide(user_code, allow=False)

    def expire(self, vendor: str, email: str) -> None:
        """End the access tokens of an account now; its refresh tokens stay good."""
        self.servers[vendor].expire(email)

    def revoke(self, vendor: str, email: str) -> None:
        """Take back everything a vendor gave out for an account."""
        self.servers[vendor].revoke(email)

    def service_account(self, name: str) -> dict[str, str]:
        """Return the key file of a new service account, by its e-mail or for a project."""
        return self.google.service_accounts.create(name)

    def _decide(self, user_code: str, *, allow: bool) -> bool:
        decided = [books.decide(user_code, self.visitor.email, allow=allow) for books in self.tokens.values()]
        return any(decided)

    def _login_answer(self, server: AuthorizationServer, request: Request) -> Answer:
        """Return an authorization server's answer, with what the script does to it."""
        call = _call(server, request)
        fault = self.script.pick(call)
        if isinstance(fault, Refuse):
            body = b'{"error":"server_error"}' if fault.body is None else fault.body
            answer = whole(fault.status, {"content-type": JSON, **fault.headers}, body)
        else:
            answer = _spoiled(fault, server.answer(request))
        return msgspec.structs.replace(answer, call=call)


def _call(server: AuthorizationServer, request: Request) -> Call:
    shown = _shown(request)
    return Call(
        method=request.method,
        path=request.path,
        query=request.query,
        headers=request.headers,
        body=request.body,
        key=shown,
        model=server.grants.holder_of(shown),
        host=request.host,
    )


def _shown(request: Request) -> str:
    """Return the code or token with which a request asks for more; "" for none."""
    try:
        fields = texts_of(request) if JSON in request.headers.get("content-type", "") else form_of(request)
    except OAuthError:
        fields = dict(request.query)
    return next((fields[name] for name in SHOWN if fields.get(name)), "")


def _spoiled(fault: Fault | None, answer: Answer) -> Answer:
    match fault:
        case None:
            return answer
        case Refuse() | RefuseInside() | NoContent() | NotStreamed():
            raise ValueError(f"an authorization server does not know {type(fault).__name__}")
        case _:
            return spoil(fault, answer)
