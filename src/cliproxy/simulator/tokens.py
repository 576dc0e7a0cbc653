"""
A token server: gives a new access token for a refresh token, each good for one use, and remembers every one it saw.

    tokens = TokenServer(clock, grace=30)
    login = tokens.log_in("ann")
    upstream = Upstream(tokens=tokens)  # which then takes only the access tokens that were given out, until they end

It stands in for all vendors' token servers: any path that ends in `/token` is one, whatever comes before. A form or a
JSON body will do. What goes wrong is told by a script, as for upstreams; a rule's `key` is the refresh token, its
`model` the account. A fault on the wire comes after the exchange: the token is spent, its answer lost.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from cliproxy.simulator.answer import Answer, Call, Request, whole
from cliproxy.simulator.faults import NoContent, NotStreamed, Refuse, RefuseInside, Script, spoil

PATH = re.compile(r"/token$")
ACCOUNT_PATH = re.compile(r"/getUserInfo$")
JSON = {"content-type": "application/json"}
HOUR = 3600.0


class Login(msgspec.Struct, frozen=True):
    """What a login, or a refresh, leads to."""

    account: str
    access_token: str
    refresh_token: str
    expires_at: float  # unix time


class TokenServer:
    """
    The token servers of all vendors.

    Args:
        clock: Gives the unix time.
        lifetime: Seconds that an access token lasts.
        grace: Seconds in which a refresh token that was spent still gives new ones; 0: a strict server.
        rotates: Whether a refresh gives a new refresh token; else the old one stays good.
        script: What goes wrong, and when.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        lifetime: float = HOUR,
        grace: float = 0.0,
        rotates: bool = True,
        script: Script | None = None,
    ) -> None:
        self.lifetime = lifetime
        self.grace = grace
        self.script = script or Script()
        self.presented: Counter[str] = Counter()  # refresh tokens, good or not, however it ended
        self.exchanged: Counter[str] = Counter()  # refresh tokens that new ones were given for
        self._clock = clock
        self._rotates = rotates
        self._serial = 0
        self._owners: dict[str, str] = {}  # of refresh tokens
        self._spent: dict[str, float] = {}  # refresh tokens, and when
        self._access: dict[str, Login] = {}

    def log_in(self, account: str) -> Login:
        """Give an account its first tokens, or new ones after it was revoked."""
        return self._issue(account)

    def revoke(self, account: str) -> None:
        """Take back all tokens of an account."""
        self.forget_access(account)
        self._owners = {token: owner for token, owner in self._owners.items() if owner != account}

    def forget_access(self, account: str) -> None:
        """Take back the access tokens of an account before their time; its refresh token stays good."""
        self._access = {token: login for token, login in self._access.items() if login.account != account}

    def owner_of(self, access_token: str) -> str:
        """Return whose access token this is; "" once it has ended, and for one that was never given out."""
        login = self._access.get(access_token)
        return login.account if login is not None and self._clock() < login.expires_at else ""

    def answers(self, request: Request) -> bool:
        """Tell whether a request is for a token server."""
        path = request.path
        return bool(request.method == "POST" and PATH.search(path)) or bool(ACCOUNT_PATH.search(path))

    def answer(self, request: Request, call: Call | None = None) -> Answer:
        """Return the answer to a request for tokens; a call that an upstream kept already is told whose they are."""
        if call is None:
            call = Call(request.method, request.path, request.query, request.headers, request.body, key="", model="")
        return msgspec.structs.replace(self._answer(request, call), call=call)

    def _answer(self, request: Request, call: Call) -> Answer:
        if ACCOUNT_PATH.search(request.path):
            return self._key_of(request.query.get("accessToken", ""))
        asked = _fields(request)
        token = asked.get("refresh_token", "")
        call.key, call.model = token, self._owners.get(token, "")
        self.presented[token] += 1
        match self.script.pick(call):
            case None:
                return self._exchanged(asked, token)
            case Refuse(status, body, headers):
                return whole(status, {**JSON, **headers}, _error("server_error") if body is None else body)
            case RefuseInside() | NoContent() | NotStreamed() as fault:
                raise ValueError(f"a token server does not know {type(fault).__name__}")
            case fault:
                return spoil(fault, self._exchanged(asked, token))

    def _exchanged(self, asked: Mapping[str, str], token: str) -> Answer:
        if asked.get("grant_type") != "refresh_token":
            return whole(400, JSON, _error("unsupported_grant_type"))
        if not asked.get("client_id"):
            return whole(401, JSON, _error("invalid_client"))
        account = self._owners.get(token, "")
        if not account or not self._is_good(token):
            return whole(400, JSON, _error("invalid_grant", "Refresh token not found or invalid"))
        self.exchanged[token] += 1
        if self._rotates:
            self._spent.setdefault(token, self._clock())
        login = self._issue(account, "" if self._rotates else token)
        answer = {
            "token_type": "Bearer",
            "access_token": login.access_token,
            "refresh_token": login.refresh_token,
            "expires_in": round(self.lifetime),
        }
        return whole(200, JSON, msgspec.json.encode(answer))

    def _is_good(self, token: str) -> bool:
        spent = self._spent.get(token)
        return spent is None or self._clock() < spent + self.grace

    def _issue(self, account: str, refresh_token: str = "") -> Login:
        self._serial += 1
        refresh_token = refresh_token or f"rt-{account}-{self._serial}"
        login = Login(account, f"at-{account}-{self._serial}", refresh_token, self._clock() + self.lifetime)
        self._owners[refresh_token] = account
        self._access[login.access_token] = login
        return login

    def _key_of(self, access_token: str) -> Answer:
        """Return an account's key, as iFlow's account service does: here it is the access token."""
        owner = self.owner_of(access_token)
        if not owner:
            return whole(401, JSON, msgspec.json.encode({"success": False, "message": "token expired"}))
        return whole(
            200, JSON, msgspec.json.encode({"success": True, "data": {"apiKey": access_token, "email": owner}})
        )


def _fields(request: Request) -> dict[str, str]:
    if "json" in request.headers.get("content-type", ""):
        try:
            given: Any = msgspec.json.decode(request.body)
        except msgspec.DecodeError:
            given = None
        return {name: str(value) for name, value in given.items()} if isinstance(given, dict) else {}
    return {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}


def _error(code: str, description: str = "") -> bytes:
    return msgspec.json.encode({"error": code, **({"error_description": description} if description else {})})
