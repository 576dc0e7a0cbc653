"""A browser and a program at the simulated authorization servers, without a socket."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from cliproxy.simulator.answer import Answer, Request
from cliproxy.simulator.grants import challenge_of
from cliproxy.simulator.internet import Internet
from tests.unit.simulator.asking import body_of

VERIFIER = "v" * 64
PKCE = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Reply:
    """An answer that was read."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        self.body = body_of(answer)
        self.headers = answer.headers

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def error(self) -> str:
        """Return the code of an OAuth error."""
        return str(self.json["error"])

    @property
    def is_page(self) -> bool:
        return self.headers["content-type"].startswith("text/html")

    @property
    def address(self) -> str:
        """Return where the browser is sent, without the query."""
        return self.headers["location"].partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """Return what the browser takes along."""
        return dict(parse_qsl(urlsplit(self.headers["location"]).query))


def get(
    internet: Internet, url: str, query: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> Reply:
    return _ask(internet, "GET", url, query or {}, b"", headers or {})


def form(internet: Internet, url: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Reply:
    return _ask(internet, "POST", url, {}, urlencode(fields).encode(), {**FORM, **(headers or {})})


def post(internet: Internet, url: str, value: Any, headers: dict[str, str] | None = None) -> Reply:
    return _ask(internet, "POST", url, {}, msgspec.json.encode(value), {**JSON, **(headers or {})})


def _ask(
    internet: Internet, method: str, url: str, query: dict[str, str], body: bytes, headers: dict[str, str]
) -> Reply:
    parts = urlsplit(url)
    asked = {**dict(parse_qsl(parts.query)), **query}
    return Reply(internet.answer(Request(method, parts.path, asked, headers, body, host=parts.netloc)))
