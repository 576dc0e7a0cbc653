"""
Credential files -> credentials, and new tokens -> the same file.

A file is a JSON object as the Go program writes it, or one that a person wrote. What that program reads is read as it
does, however it is spelled; what only we know (`quota`, `weight`, `max-concurrent`), and what could send a request a
wrong way, must be right.

Source: `reference` sheets `config` section 11, `credentials` section 9, `providers/*` section b ("Refresh result").
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Raw, Struct

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.account import EXPIRY, REFRESHED, credentials_of
from cliproxy.credentials.files.fields import WrongField, ahead_of_utc, inner_tokens, rewritten, written
from cliproxy.credentials.files.layout import changed
from cliproxy.wire.body import UNREADABLE

LONGEST = 1024 * 1024  # bytes
_BOM = b"\xef\xbb\xbf"

_decode = msgspec.json.Decoder(dict[str, object]).decode
_decode_fields = msgspec.json.Decoder(dict[str, Raw]).decode


class DocumentError(Exception):
    """A file that holds no credential, or a wrong one. The message says why in a sentence without secrets."""


class Tokens(Struct, frozen=True, kw_only=True):
    """What a token server gave."""

    access_token: Secret  # empty: there is none beside what `more` has
    refresh_token: Secret = Secret("")  # empty: the old one stays
    expires_at: float | None = None  # unix time
    refreshed_at: float  # unix time
    more: Mapping[str, object] = {}  # other fields of the file, e.g. `id_token`, `api_key`; a blank one changes nothing

    def __repr__(self) -> str:
        """What is more may be secret too."""
        return f"Tokens(expires_at={self.expires_at}, refreshed_at={self.refreshed_at}, more={sorted(self.more)})"


def read_credentials(key: str, data: bytes) -> tuple[Credential, ...]:
    """
    Return the credentials of a file: one, or one for each project of a Gemini account.

    Args:
        key: Of the document, `auths/<path>.json`.
        data: Its content.

    Raises:
        DocumentError: It is no credential, or one that could only be misunderstood.
    """
    try:
        return credentials_of(key, _opened(data))
    except (DocumentError, WrongField) as error:
        raise DocumentError(f"{key} cannot be used: {error}") from None


def values_of(data: bytes) -> Mapping[str, object]:
    """Return the fields of a file, secrets among them. Raises DocumentError."""
    return _opened(data)


def with_field(data: bytes, name: str, value: object) -> bytes:
    """Return a file with one field set, at its top level; all else stays as written. Raises DocumentError."""
    _opened(data)
    return changed(data.removeprefix(_BOM), {name: value})


def with_tokens(data: bytes, tokens: Tokens) -> bytes:
    """
    Return a file with new tokens, in the places and forms in which it had the old ones; all else stays as written.

    What changed in the file since it was read survives: this is also how a conflict is settled. Raises DocumentError.
    """
    values, data = _opened(data), data.removeprefix(_BOM)
    inner = inner_tokens(values)
    ahead = ahead_of_utc(values)
    changes = _token_changes(values, tokens, ahead, adding=inner is None)
    changes |= _time_changes(values, tokens)
    more = {name: value for name, value in tokens.more.items() if value is not None and value != ""}
    if inner is not None:
        nested = _token_changes(inner, tokens, ahead, adding=True)
        nested |= {name: more.pop(name) for name in list(more) if name in inner}
        changes["token"] = Raw(changed(bytes(_decode_fields(data)["token"]), nested))
    return changed(data, {**changes, **more})


def _token_changes(values: Mapping[str, object], tokens: Tokens, ahead: float, *, adding: bool) -> dict[str, object]:
    """Return what becomes of the tokens and their end; fields that are not there are added where they belong."""
    changes: dict[str, object] = {}
    for name, secret in (("access_token", tokens.access_token), ("refresh_token", tokens.refresh_token)):
        if secret and (adding or name in values):
            changes[name] = secret.reveal()
    expiry = [name for name in EXPIRY if name in values]
    if tokens.expires_at is None:
        return changes | dict.fromkeys((*expiry, "expires_in"), UNSET)  # what they say is true of the token before
    if adding and not expiry:
        changes["expiry" if "token_uri" in values else "expired"] = written(tokens.expires_at)
    for name in expiry:
        changes[name] = rewritten(tokens.expires_at, values[name], ahead=ahead)
    if "expires_in" in values:
        changes["expires_in"] = max(0, round(tokens.expires_at - tokens.refreshed_at))
    return changes


def _time_changes(values: Mapping[str, object], tokens: Tokens) -> dict[str, object]:
    times = [name for name in REFRESHED if name in values] or list(REFRESHED[:1])
    if "timestamp" in values and "expires_in" in values:  # together they say when the token ends
        times.append("timestamp")
    return {name: rewritten(tokens.refreshed_at, values.get(name)) for name in times}


def _opened(data: bytes) -> dict[str, object]:
    if len(data) > LONGEST:
        raise DocumentError(f"it is longer than {LONGEST} bytes, so it is no credential")
    data = data.removeprefix(_BOM)
    if not data.strip():
        raise DocumentError("it is empty")
    try:
        return _decode(data)
    except RecursionError:
        raise DocumentError("it is nested too deeply") from None
    except msgspec.ValidationError:
        raise DocumentError("it is not a JSON object, or has a number out of range") from None
    except UNREADABLE as error:
        told = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise DocumentError(f"it is not JSON, or half written: {told}") from None
