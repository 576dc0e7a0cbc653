"""
What all authorization servers have in common: who is at the browser, and the two pages he may see there.

`authorize` is the page of the code flow: it checks what a program asked for against what the vendor knows of it, and
sends the browser back with a code. `device` is where somebody allows a device. What the visitor says there is told by
his `consent`.

Source: RFC 6749 §4.1, RFC 7636 §4.3, RFC 8628 §3.3.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import Enum
from typing import ClassVar

import msgspec

from cliproxy.simulator.answer import Answer, Request
from cliproxy.simulator.authorization.words import blank, error_page, form_of, page, question, redirect, told
from cliproxy.simulator.grants import Allowed, Device, Grants, OAuthError
from cliproxy.simulator.people import Person

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class Consent(Enum):
    """What somebody says who is asked whether a program may use his account."""

    AT_ONCE = "at once"  # yes, without a page
    ASKS = "asks"  # a page with two buttons
    DENIED = "denied"  # no


class Visitor:
    """Who is at the browser, the same at all vendors."""

    def __init__(self, email: str, consent: Consent = Consent.AT_ONCE, approves_after: int | None = None) -> None:
        self.email = email
        self.consent = consent
        self.approves_after = approves_after  # polls of a device; None: it waits for a visit of the page


class Application(msgspec.Struct, frozen=True):
    """A program as a vendor knows it."""

    client_id: str
    redirects: str = ""  # a pattern of the addresses the browser may be sent to
    scopes: frozenset[str] = frozenset()  # that it has to ask for
    secret: str = ""
    has_pkce: bool = False
    fields: Mapping[str, str] = {}  # others that the authorize page wants


class AuthorizationServer(ABC):
    """
    One vendor's servers for logins.

    Args:
        grants: The vendor's books.
        people: Who has an account, by e-mail; shared with the other vendors, and changed where a vendor changes one.
        visitor: Who is at the browser.
        clock: Gives the unix time.
    """

    name: ClassVar[str]
    hosts: ClassVar[frozenset[str]]  # that are all its own
    pages: ClassVar[frozenset[tuple[str, str]]] = frozenset()  # host and path, at hosts that it shares with an upstream

    def __init__(self, grants: Grants, people: dict[str, Person], visitor: Visitor, clock: Callable[[], float]) -> None:
        self.grants = grants
        self.people = people
        self.visitor = visitor
        self.clock = clock

    def knows(self, host: str) -> bool:
        """Tell whether it has pages at a host."""
        return host in self.hosts or any(host == other for other, _ in self.pages)

    def has(self, request: Request) -> bool:
        """Tell whether a request is for this server."""
        return request.host in self.hosts or (request.host, request.path) in self.pages

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request."""
        try:
            return self.route(request) or error_page("not_found", "There is no such page.", 404)
        except PageError as error:
            return error_page(error.code, error.description)
        except OAuthError as error:
            return self.refuse(error)

    @abstractmethod
    def route(self, request: Request) -> Answer | None:
        """Return the answer, or None for a page that is not there; raises OAuthError."""

    def refuse(self, error: OAuthError) -> Answer:
        """Put a refusal into the vendor's words."""
        return told({"error": error.code, "error_description": error.description}, error.status)

    def owner_of(self, token: str) -> Person | None:
        """Return whose access token, or key, this is; None for nobody's."""
        return self.people.get(self.grants.owner_of(token))

    def expire(self, email: str) -> None:
        """End what an account was given for a while; its refresh tokens stay good."""
        self.grants.expire(email)

    def revoke(self, email: str) -> None:
        """Take back everything an account was given."""
        self.grants.revoke(email)

    def authorize(self, request: Request, *programs: Application, returns: str = "redirect_uri") -> Answer:
        """Answer for the page of the code flow. `returns`: what the vendor calls the address to go back to."""
        asked = request.query if request.method == "GET" else form_of(request)
        program = next((one for one in programs if one.client_id == asked.get("client_id")), None)
        if program is None:
            raise PageError("invalid_client", "The OAuth client was not found.")
        address = asked.get(returns, "")
        _check_asked(asked, program, address)
        state = asked["state"]
        decision = asked.get("decision") if request.method == "POST" else _DECISIONS[self.visitor.consent]
        if decision is None:
            return question("Allow this program to use your account?", asked)
        if decision != "allow":
            return redirect(address, {"error": "access_denied", "error_description": "User refused", "state": state})
        allowed = Allowed(
            email=self.visitor.email,
            client_id=program.client_id,
            redirect_uri=address,
            scope=asked.get("scope", ""),
            challenge=asked.get("code_challenge", ""),
            state=state,
        )
        return redirect(address, {"code": self.grants.code_for(allowed), "state": state})

    def device(self, request: Request) -> Answer:
        """Answer for the page on which a device is allowed."""
        asked = request.query if request.method == "GET" else form_of(request)
        user_code = asked.get("user_code", "")
        if not user_code:
            return blank("Enter the code that your device shows", "user_code")
        decision = asked.get("decision") if request.method == "POST" else _DECISIONS[self.visitor.consent]
        if decision is None:
            return question(f"Allow the device that shows {user_code}?", {"user_code": user_code})
        if not self.grants.decide(user_code, self.visitor.email, allow=decision == "allow"):
            raise PageError("invalid_code", "No device waits for this code.")
        return page("Your device was allowed" if decision == "allow" else "Your device was refused", "")

    def polled(self, device_code: str, client_id: str, verifier: str = "") -> Device:
        """Return a device that was allowed; a visitor who needs no page allows it after some polls."""
        device = self.grants.device_known_as(device_code)
        patience = self.visitor.approves_after
        if device is not None and patience is not None and device.polls >= patience:
            self.grants.decide(device.user_code, self.visitor.email)
        return self.grants.poll(device_code, client_id=client_id, verifier=verifier)


class PageError(OAuthError):
    """A refusal that somebody reads in his browser."""


_DECISIONS: Mapping[Consent, str | None] = {Consent.AT_ONCE: "allow", Consent.ASKS: None, Consent.DENIED: "deny"}


def _check_asked(asked: Mapping[str, str], program: Application, address: str) -> None:
    if not re.fullmatch(program.redirects, address):
        raise PageError("redirect_uri_mismatch", f"{address!r} is not registered for this client.")
    if not asked.get("state"):
        raise PageError("invalid_request", "state is missing")
    for name, value in program.fields.items():
        if asked.get(name) != value:
            raise PageError("invalid_request", f"{name} must be {value!r}")
    if missing := program.scopes - set(asked.get("scope", "").split()):
        raise PageError("invalid_scope", f"not asked for: {', '.join(sorted(missing))}")
    if program.has_pkce and not has_challenge(asked):
        raise PageError("invalid_request", "a code_challenge of the method S256 is needed")


def has_challenge(asked: Mapping[str, str]) -> bool:
    """Tell whether a request carries an S256 challenge."""
    return asked.get("code_challenge_method") == "S256" and bool(CHALLENGE.fullmatch(asked.get("code_challenge", "")))
