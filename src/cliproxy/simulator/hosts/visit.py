"""
One request at one vendor's host: who asks, what for, and the way on to the speakers.

A host's `answer` checks what it was sent, raises `Refused` where the vendor says no, and asks the speakers in the name
of an account, which has the windows of its plan.
"""

import re
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import TypeAlias

import msgspec

from cliproxy.simulator.accounts import Accounts, Window
from cliproxy.simulator.answer import Answer, JsonObject, Request, whole
from cliproxy.simulator.gemini_request import model_in
from cliproxy.simulator.loose import string
from cliproxy.simulator.people import Person
from cliproxy.simulator.upstream import MISSING, Upstream
from cliproxy.simulator.vendor import Problem, Refusal, Refused, Vendor, bearer

OwnerOf: TypeAlias = Callable[[str, str], Person | None]
KEY_HEADERS = ("authorization", "x-api-key", "x-goog-api-key")


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's host: its addresses, who gave out its tokens, how it answers and how it says no."""

    name: str
    vendor: str  # who knows whose tokens they are
    addresses: re.Pattern[str]
    words: Vendor
    answer: Callable[["Visit"], Answer]
    bad_token: Refusal  # to a login that is nobody's, or has ended
    error_body: Callable[[Refusal, int], bytes] | None = None  # None: as its speakers
    plan: tuple[Window, ...] = ()  # what a person's account may use
    logins_begin: str | None = None  # how the tokens of its logins begin, where no key begins so


class Backing(msgspec.Struct, frozen=True):
    """What all hosts lean on."""

    owner_of: OwnerOf
    keys: Collection[str]
    accounts: Accounts
    speakers: Upstream


class Visit:
    """One request at one host."""

    def __init__(self, request: Request, host: Host, backing: Backing) -> None:
        self.request = request
        self.host = host
        self._backing = backing

    @property
    def token(self) -> str:
        """The token in the Authorization header, or nothing."""
        return bearer(self.request)

    @property
    def key(self) -> str:
        """The token or key, wherever it stands."""
        headers = self.request.headers
        return (
            self.token or headers.get("x-api-key") or headers.get("x-goog-api-key") or self.request.query.get("key", "")
        )

    @cached_property
    def body(self) -> JsonObject:
        """The body; raises Refused where it is no JSON object."""
        try:
            return msgspec.json.decode(self.request.body, type=dict)
        except msgspec.MsgspecError:
            raise Refused.because(self.host.words.problems[Problem.BAD_JSON]) from None

    @property
    def model(self) -> str:
        """The model asked for, in the path or the body; "" where none is."""
        try:
            return model_in(self.request.path) or string(self.body.get("model"))
        except Refused:
            return ""

    @property
    def asks_for_missing_model(self) -> bool:
        return self.model.startswith(MISSING)

    def owner(self) -> Person:
        """Return who is logged in; raises Refused where nobody is."""
        if not self.token:
            raise Refused.because(self.host.words.problems[Problem.NO_KEY])
        person = self._backing.owner_of(self.host.vendor, self.token)
        if person is None:
            raise Refused.because(self.host.bad_token)
        return person

    def knows_key(self, key: str) -> bool:
        """Tell whether it is a key of somebody, or one that is known anyway."""
        if not key or (self.host.logins_begin and key.startswith(self.host.logins_begin)):
            return False
        return key in self._backing.keys or self._backing.owner_of(self.host.vendor, key) is not None

    def account(self) -> str:
        """Return whose account the Authorization header opens; raises Refused where it is nobody's."""
        if self.token in self._backing.keys:
            return self.account_with(self.token)
        return self.account_of(self.owner())

    def account_of(self, person: Person) -> str:
        """Return a person's account at this host."""
        name = f"{self.host.name}/{person.email}"
        if not self._backing.accounts.name_of(name):
            self._backing.accounts.change(name, windows=self.host.plan, is_plan=True)
        return name

    def account_with(self, key: str) -> str:
        """Return the account of a key."""
        if not self._backing.accounts.name_of(key):
            self._backing.accounts.change(key)
        return key

    def refuse(self, refusal: Refusal, headers: Mapping[str, str] | None = None) -> Answer:
        """Return a refusal in the host's shape."""
        write = self.host.error_body or self.host.words.error_body
        return whole(refusal.status, {"content-type": self.host.words.json_type, **(headers or {})}, write(refusal, 1))

    def is_spent(self, account: str) -> bool:
        """Tell whether a window of the account has nothing left."""
        return any(not reading.left for reading in self._backing.accounts.readings(account, self.model))

    def ask(self, account: str, body: JsonObject | None = None, path: str = "") -> Answer:
        """Return what an account is answered by the speakers, to another body or path if one is given."""
        request = self.request
        headers = {name: value for name, value in request.headers.items() if name not in KEY_HEADERS}
        asked = Request(
            method=request.method,
            path=path or request.path,
            query={name: value for name, value in request.query.items() if name != "key"},
            headers={**headers, "authorization": f"Bearer {account}"},
            body=request.body if body is None else msgspec.json.encode(body),
        )
        return self._backing.speakers.answer(asked)
