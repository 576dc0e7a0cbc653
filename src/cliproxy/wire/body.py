"""
Edit the top level of a JSON object, leave the rest untouched.

Values below the top level stay the bytes they were: numbers keep their spelling, strings their escapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec
from msgspec import Raw

from cliproxy.errors import RequestError

T = TypeVar("T")
TopLevel = dict[str, Raw]
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # what decoding foreign JSON may raise

_decode = msgspec.json.Decoder(TopLevel).decode
_encode = msgspec.json.Encoder().encode
_SPACES = bytes.maketrans(b"\r\n", b"  ")
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB]%(hex)b\\u[dD][c-fC-F]%(hex)b|(u[dD][89a-fA-F]%(hex)b)|.)" % {b"hex": rb"[0-9a-fA-F]{2}"},
    re.DOTALL,
)


def open_body(body: bytes) -> TopLevel:
    """
    Return the top level of a JSON object.

    Raises:
        RequestError: It is not a JSON object.
    """
    try:
        return _decode(body)
    except UNREADABLE as error:
        raise not_readable(error) from None


def put(top: TopLevel, key: str, value: object) -> None:
    """Set one key of the top level."""
    top[key] = Raw(_encode(value))


def close_body(top: TopLevel) -> bytes:
    """Return the object as bytes."""
    return _encode(top)


def not_readable(error: Exception) -> RequestError:
    """Return what a client is told of a body that a decoder refused."""
    if isinstance(error, RecursionError):
        return RequestError("the body is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return RequestError("the body is not UTF-8")
    return RequestError(f"the body cannot be read: {error}")


def readable(body: bytes) -> bytes:
    """
    Return the body as JSON that every decoder takes.

    Clients cut text in the middle of a surrogate pair and send the lone half; it becomes U+FFFD. Everything else is
    left as it came.

    Raises:
        RequestError: The body is not UTF-8, not JSON, or nested too deeply.
    """
    if not body:
        raise RequestError("the body is empty; a JSON object is expected")
    try:
        if not body.isascii():
            body.decode()
        msgspec.json.decode(body, type=Raw)
        return body
    except UnicodeDecodeError as error:
        raise not_readable(error) from None
    except RecursionError as error:
        raise not_readable(error) from None
    except msgspec.DecodeError as error:
        if b"\\u" not in body:
            raise not_readable(error) from None
        return _mended(body, error)


def settled(data: bytes) -> bytes:
    """
    Return what an upstream sent, on one line, and with U+FFFD for bytes that are not UTF-8.

    Decoders look at no byte of a value that they leave raw, and an event of a stream ends with its line. So this comes
    before them: what is written of such a value later is text, and stays in its event.
    """
    return _utf8(data.translate(_SPACES) if b"\n" in data or b"\r" in data else data)


def mended(data: bytes) -> bytes:
    """Return JSON with U+FFFD for what is no character: bytes that are not UTF-8, and halves of surrogate pairs."""
    return _ESCAPE.sub(lambda match: rb"\ufffd" if match[1] else match[0], _utf8(data))


def read_leniently(decode: Callable[[bytes], T], data: bytes) -> T | None:
    """Return what an upstream sent, decoded: as it came, else mended; None where neither can be read."""
    data = settled(data)
    try:
        return decode(data)
    except UNREADABLE:
        pass
    try:
        return decode(mended(data))
    except UNREADABLE:
        return None


def _utf8(data: bytes) -> bytes:
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace").encode()
    return data


def _mended(body: bytes, reason: msgspec.DecodeError) -> bytes:
    whole = mended(body)
    try:
        msgspec.json.decode(whole, type=Raw)
    except msgspec.DecodeError:
        raise not_readable(reason) from None
    return whole
