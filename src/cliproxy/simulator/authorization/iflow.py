"""
iFlow's login: a page, tokens for a client that shows its secret twice, and the key that an account works with.

Models take the key, not the token. An account has one that goes with its login, and one that the platform's page gives
out by cookie: reading shows its name and a mask, asking for it by name gives a new one, which ends the one before.

Source: the provider sheet `iflow`, section a.
"""

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, ClassVar

from cliproxy.simulator.answer import Answer, Request
from cliproxy.simulator.authorization.server import Application, AuthorizationServer, Visitor
from cliproxy.simulator.authorization.words import basic_of, form_of, page, texts_of, told
from cliproxy.simulator.grants import Grants, Issued, OAuthError
from cliproxy.simulator.people import Person

CLIENT_ID = "10009311001"
COOKIE = re.compile(r"(?:^|;)\s*BXAuth=([^;]+)")
KEY_LIFETIME = 7 * 86_400.0  # seconds that a key of the platform lasts


class IFlow(AuthorizationServer):
    """iflow.cn and platform.iflow.cn."""

    name: ClassVar[str] = "iflow"
    hosts: ClassVar[frozenset[str]] = frozenset({"iflow.cn", "platform.iflow.cn"})

    def __init__(
        self,
        grants: Grants,
        people: dict[str, Person],
        visitor: Visitor,
        clock: Callable[[], float],
        *,
        secret: str,
    ) -> None:
        super().__init__(grants, people, visitor, clock)
        self._program = Application(
            CLIENT_ID,
            redirects=r"http://localhost:\d+/oauth2callback",
            secret=secret,
            fields={"loginMethod": "phone", "type": "phone"},
        )
        self._serial = 0
        self._login_keys: dict[str, str] = {}  # by e-mail
        self._platform_keys: dict[str, tuple[str, float]] = {}  # by e-mail: the key, and when it ends
        self._visits: Counter[str] = Counter()  # how often each person logged in with his browser
        self._revoked: set[str] = set()  # e-mails whose cookies are no good

    def route(self, request: Request) -> Answer | None:
        match request.host, request.method, request.path:
            case "iflow.cn", "GET" | "POST", "/oauth":
                return self.authorize(request, self._program, returns="redirect")
            case "iflow.cn", "GET", "/oauth/success":
                return page("Login succeeded", "")
            case "iflow.cn", "GET", "/oauth/error":
                return page("Login failed", "")
            case "iflow.cn", "POST", "/oauth/token":
                return self._told(self._issued(request))
            case "iflow.cn", "GET", "/api/oauth/getUserInfo":
                return self._user_info(request.query.get("accessToken", ""))
            case "platform.iflow.cn", "GET" | "POST", "/api/openapi/apikey":
                return self._platform_key(request)
        return None

    def owner_of(self, token: str) -> Person | None:
        for email, key in self._login_keys.items():
            if key == token:
                return self.people.get(email)
        for email, (key, ends_at) in self._platform_keys.items():
            if key == token and self.clock() < ends_at:
                return self.people.get(email)
        return None

    def expire(self, email: str) -> None:
        """End the access tokens and the keys of an account now."""
        super().expire(email)
        self._login_keys.pop(email, None)
        self._platform_keys.pop(email, None)

    def revoke(self, email: str) -> None:
        super().revoke(email)
        self.expire(email)
        self._revoked.add(email)

    def cookie(self, email: str) -> str:
        """Log a person in with his browser anew, whatever was revoked before, and return its cookie."""
        self._revoked.discard(email)
        self._visits[email] += 1
        return f"BXAuth={self._cookie_value(email)};"

    def key_for(self, email: str) -> str:
        """Return the key that goes with a login."""
        if email not in self._login_keys:
            self._login_keys[email] = self._new_key(email)
        return self._login_keys[email]

    def _issued(self, request: Request) -> Issued:
        asked, secret = form_of(request), self._program.secret
        shown = (asked.get("client_id"), asked.get("client_secret"), basic_of(request))
        if shown != (CLIENT_ID, secret, f"{CLIENT_ID}:{secret}"):
            raise OAuthError("invalid_client", "Client authentication failed", status=401)
        match asked.get("grant_type"):
            case "authorization_code":
                return self.grants.redeem(
                    asked.get("code", ""), client_id=CLIENT_ID, redirect_uri=asked.get("redirect_uri", "")
                )
            case "refresh_token":
                return self.grants.refresh(asked.get("refresh_token", ""), client_id=CLIENT_ID)
            case _:
                raise OAuthError("unsupported_grant_type", "The grant type is not supported")

    def _told(self, issued: Issued) -> Answer:
        return told(
            {
                "access_token": issued.access_token,
                "refresh_token": issued.refresh_token,
                "expires_in": round(self.grants.lifetime),
                "token_type": "bearer",
                "scope": "read write",
            }
        )

    def _user_info(self, access_token: str) -> Answer:
        email = self.grants.owner_of(access_token)
        if not email:
            return told({"success": False, "code": "401", "message": "accessToken is not valid", "data": None}, 401)
        data = {"apiKey": self.key_for(email), "email": email, "phone": ""}
        return told({"success": True, "code": "200", "message": "", "data": data})

    def _platform_key(self, request: Request) -> Answer:
        email = self._email_in(request.headers.get("cookie", ""))
        if not email:
            return told({"success": False, "code": "401", "message": "not logged in", "data": None}, 401)
        if request.method == "POST":
            if texts_of(request).get("name") != email:
                return told({"success": False, "code": "400", "message": "no key of this name", "data": None}, 400)
            return self._key_told(email, is_renewed=True)
        return self._key_told(email, is_renewed=False)

    def _key_told(self, email: str, *, is_renewed: bool) -> Answer:
        if is_renewed or email not in self._platform_keys:
            self._platform_keys[email] = (self._new_key(email), self.clock() + KEY_LIFETIME)
        key, ends_at = self._platform_keys[email]
        mask = f"{key[:5]}***{key[-4:]}"
        data: dict[str, Any] = {
            "hasExpired": self.clock() >= ends_at,
            "expireTime": datetime.fromtimestamp(ends_at, UTC).strftime("%Y-%m-%d %H:%M"),
            "name": email,
            "apiKey": key if is_renewed else mask,
            "apiKeyMask": mask,
        }
        return told({"success": True, "code": "200", "message": "", "data": data})

    def _email_in(self, cookies: str) -> str:
        found = COOKIE.search(cookies)
        if found is None:
            return ""
        return next(
            (one for one in self.people if self._cookie_value(one) == found[1] and one not in self._revoked), ""
        )

    def _new_key(self, email: str) -> str:
        self._serial += 1
        return "sk-" + sha256(f"{email} {self._serial}".encode()).hexdigest()[:32]

    def _cookie_value(self, email: str) -> str:
        return sha256(f"cookie {self._visits[email]} of {email}".encode()).hexdigest()
