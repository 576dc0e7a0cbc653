"""What authorization servers read and write: forms, JSON, pages, redirects."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from cliproxy.simulator.answer import Answer, Request, whole
from cliproxy.simulator.grants import OAuthError

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
NO_STORE = {"content-type": "application/json; charset=utf-8", "cache-control": "no-store"}


def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form; another kind of body is refused."""
    _check_kind(request, FORM)
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def json_of(request: Request) -> dict[str, Any]:
    """Return a JSON object; another kind of body is refused."""
    _check_kind(request, JSON)
    try:
        return msgspec.json.decode(request.body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise OAuthError("invalid_request", "The body is not a JSON object") from error


def texts_of(request: Request) -> dict[str, str]:
    """Return a JSON object of texts; another kind of body is refused."""
    return {name: value for name, value in json_of(request).items() if isinstance(value, str)}


def _check_kind(request: Request, wanted: str) -> None:
    found = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if found != wanted:
        raise OAuthError("invalid_request", f"The content type must be {wanted}, not {found!r}")


def bearer_of(request: Request) -> str:
    """Return the token a request carries; "" for none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def basic_of(request: Request) -> str:
    """Return the `name:password` a request carries; "" for none."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        return b64decode(encoded, validate=True).decode() if scheme == "Basic" else ""
    except (NotBase64, UnicodeDecodeError):
        return ""


def told(value: Any, status: int = 200) -> Answer:
    """Return a JSON answer that nobody may keep."""
    return whole(status, NO_STORE, msgspec.json.encode(value))


def redirect(address: str, fields: Mapping[str, str]) -> Answer:
    """Send the browser on, with fields in the query."""
    joint = "&" if urlsplit(address).query else "?"
    return whole(302, {"location": f"{address}{joint}{urlencode(fields)}"}, b"")


def page(title: str, body: str, status: int = 200) -> Answer:
    """Return a web page; the body is HTML."""
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><h1>{escape(title)}</h1>'
    )
    return whole(status, {"content-type": "text/html; charset=utf-8"}, f"{text}{body}</html>".encode())


def question(title: str, fields: Mapping[str, str]) -> Answer:
    """Return a page with two buttons, `Allow` and `Deny`, that send the fields back with `decision`."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    buttons = "".join(f'<button name="decision" value="{word.lower()}">{word}</button>' for word in ("Allow", "Deny"))
    return page(title, f'<form method="post">{hidden}{buttons}</form>')


def blank(title: str, name: str) -> Answer:
    """Return a page that asks for one thing to be typed in."""
    return page(title, f'<form><input name="{escape(name)}"><button>Continue</button></form>')


def error_page(code: str, description: str, status: int = 400) -> Answer:
    """Return the page on which a browser ends that was sent to an address the vendor does not accept."""
    return page("Something went wrong", f"<p>{escape(code)}: {escape(description)}</p>", status)
