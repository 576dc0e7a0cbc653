"""An error body of any shape -> its words, its codes, its details. It never raises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from cliproxy.providers.diagnosis.values import MOST_ITEMS, count, opened, words
from cliproxy.wire.body import UNREADABLE

LONGEST_BODY = 64 * 1024  # bytes kept of a refusal
_LONGEST_SEARCHED = 4000  # characters
_LONGEST_TITLE = 500  # characters
_TITLE = re.compile(rf"<title>([^<]{{0,{_LONGEST_TITLE}}})", re.IGNORECASE)

_decode = msgspec.json.Decoder().decode


class Told(msgspec.Struct, frozen=True):
    """What a body says."""

    message: str = ""
    codes: tuple[str, ...] = ()  # most telling first
    details: tuple[Mapping[str, Any], ...] = ()  # of Google's errors
    resets_in: float | None = None  # seconds, as Codex says it
    error: Mapping[str, Any] = {}  # the error object, where there is one
    whole: Mapping[str, Any] = {}  # the object that was sent
    is_error: bool = False  # it holds an error object, whatever its status was
    is_json: bool = False
    is_page: bool = False

    @property
    def searched(self) -> str:
        """The beginning of the message, in which words are looked for: upstreams repeat whole pictures."""
        return self.message[:_LONGEST_SEARCHED]

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Return what Google's first reason says of itself."""
        return next((opened(detail.get("metadata")) for detail in self.details if detail.get("reason")), {})


def told(body: bytes) -> Told:
    """Read a body: nested, flat, a bare string, in a list, a web page."""
    if not body:
        return Told()
    try:
        value: Any = _decode(body)
    except UNREADABLE:
        return _of_page(body)
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return Told(value if isinstance(value, str) else "", is_json=True)
    error = value.get("error")
    if error is None:
        error = opened(value.get("response")).get("error")  # `response.failed` keeps it there
    is_error = error is not None or value.get("type") == "error"
    if error is None or error == {}:
        error = value
    if not isinstance(error, dict):
        return Told(_message(error), whole=value, is_error=True, is_json=True)
    listed = error.get("details")
    details = listed[:MOST_ITEMS] if isinstance(listed, list) else []
    details = [detail for detail in details if isinstance(detail, dict)]
    codes = [*(detail.get("reason") for detail in details), error.get("code"), error.get("type"), error.get("status")]
    message = next((said for where, name in _places(error, value) if (said := where.get(name))), "")
    return Told(
        _message(message),
        tuple(code for code in codes if isinstance(code, str) and code and code != "error"),
        tuple(details),
        count(error.get("resets_in_seconds")) or None,
        error,
        value,
        is_error=is_error,
        is_json=True,
    )


def _places(error: Mapping[str, Any], value: Mapping[str, Any]) -> Iterable[tuple[Mapping[str, Any], str]]:
    """Return where words are found, the likeliest first. iFlow says `msg`."""
    return (error, "message"), (error, "detail"), (value, "detail"), (value, "message"), (error, "msg")


def _message(value: Any) -> str:
    try:
        return words(value)
    except (ValueError, OverflowError, RecursionError):
        return ""


def _of_page(body: bytes) -> Told:
    page = body[:LONGEST_BODY].decode("utf-8", "replace")
    title = _TITLE.search(page)
    if title:
        return Told(" ".join(title[1].split()), is_page=True)
    is_page = "<" in page[:200]
    return Told("" if is_page else " ".join(page.split()), is_page=is_page)
