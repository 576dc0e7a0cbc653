"""
An internet that notes each secret, and repeats whatever it was told.

What is secret is seen where it is used: in what vendors are shown, what they give, and in the files of accounts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cliproxy.simulator.answer import Answer, Request, whole
from cliproxy.simulator.internet import Internet

SHORTEST = 8  # characters of a secret

_SECRET = {
    *("code", "code_verifier", "client_secret", "refresh_token", "access_token", "id_token", "device_code"),
    *("device_auth_id", "authorization_code", "assertion", "apiKey", "api_key", "accessToken", "key", "cookie"),
    *("private_key",),
}
_HEADERS = ("authorization", "cookie", "x-api-key", "x-goog-api-key", "proxy-authorization")


class Parrot(Internet):
    """An internet that goes wrong when it is told to."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.secrets: set[str] = set()
        self.trouble = ""  # "repeats", "repeats at logins", "fails", "html"; "": none

    def answer(self, request: Request) -> Answer:
        self.note(dict(_said(request)))
        if self.trouble and (self.trouble != "repeats at logins" or self._is_of_login(request)):
            return _repeated(self.trouble, request)
        answer = super().answer(request)
        if answer.status == 101:
            return answer
        body = b"".join(piece for piece in answer.pieces if isinstance(piece, bytes))
        self.note(_fields(body))
        self.note(dict(parse_qsl(urlsplit(answer.headers.get("location", "")).query)))
        return whole(answer.status, answer.headers, body)

    def _is_of_login(self, request: Request) -> bool:
        return any(server.has(request) for server in self.servers.values())

    def note(self, value: object, name: str = "") -> None:
        """Remember what is secret in a JSON value."""
        if isinstance(value, Mapping):
            for inner, one in value.items():
                self.note(one, str(inner))
        elif isinstance(value, list):
            for one in value:
                self.note(one, name)
        elif isinstance(value, str) and name in _SECRET and len(value) >= SHORTEST:
            self.secrets.add(value)


def _repeated(trouble: str, request: Request) -> Answer:
    """Return an answer that has in it all that was asked with."""
    if trouble == "fails":
        return whole(500, {"content-type": "text/plain"}, request.body)
    if trouble == "html":
        return whole(200, {"content-type": "text/html"}, b"<html>" + request.body)
    words = " ".join((request.body.decode(), *request.query.values(), *request.headers.values()))
    told = {"error": {"message": words, "type": words[:300]}, "error_description": words, "message": words}
    return whole(400, {"content-type": "application/json"}, json.dumps(told).encode())


def _said(request: Request) -> Iterator[tuple[str, object]]:
    """Yield what a request says in places where secrets are."""
    for name in _HEADERS:
        value = request.headers.get(name, "")
        if value:
            yield "key", value.removeprefix("Bearer ").removeprefix("Basic ").strip("; ")
    yield from request.query.items()
    yield from _fields(request.body).items()


def _fields(body: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(body)
    except ValueError:
        return dict(parse_qsl(body.decode(errors="replace")))
    return value if isinstance(value, dict) else {"": value}
