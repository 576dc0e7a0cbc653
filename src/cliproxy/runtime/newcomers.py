"""
An account that somebody logged in to, put into the store: one file for each account, whoever logs in how often.

A file that holds the account already gets the new tokens, and keeps its name, its layout and what the operator wrote
into it. Else there is a new one, under the name that the login gave it, or with a number where that name is another's.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress

import msgspec
from msgspec import UNSET, Raw, Struct

from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.account import EXPIRY, REFRESHED
from cliproxy.credentials.files.document import DocumentError, read_credentials
from cliproxy.credentials.files.identity import same_account
from cliproxy.credentials.files.layout import changed
from cliproxy.errors import LoginError
from cliproxy.login.flow import NewAccount
from cliproxy.runtime.intents import Intents
from cliproxy.stores.base import AUTHS, Conflict, Document, NotThere, Store, StoreError

HOLD = "logins"  # the name that is held in the store while an account finds its file
LONGEST_REFRESH = 90.0  # seconds that a refresh of the same account may take to let go
LONGEST_HOLD = LONGEST_REFRESH + 30.0  # seconds; looking and writing take a fraction of one
MOST_TRIES = 10  # where somebody edits the file at the same time

_ANY_TOKEN = frozenset(
    ("access_token", "refresh_token", "id_token", "api_key", "cookie", "token", "expires_in", "timestamp")
)
_OF_BEFORE = _ANY_TOKEN.union(EXPIRY, REFRESHED)  # true of the old tokens only
_KEY_FILE = (  # what a service account's key file has, as Google writes it
    *("type", "project_id", "private_key_id", "private_key", "client_email", "client_id", "auth_uri", "token_uri"),
    *("auth_provider_x509_cert_url", "client_x509_cert_url", "universe_domain"),
)
_OPERATORS = frozenset(("disabled",))  # what a login says of these counts only where nobody said anything

_BOM = b"\xef\xbb\xbf"

_decode = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_values = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder().encode

Values = Mapping[str, object]


class Saved(Struct, frozen=True):
    """An account in its file."""

    key: str  # of the document
    credentials: tuple[Credential, ...]  # that it holds now
    replaced: bool = False  # the account was there before
    notes: tuple[str, ...] = ()  # what the person should know

    @property
    def first(self) -> Credential:
        """One of its credentials; all are of the same account."""
        return self.credentials[0]

    @property
    def account(self) -> str:
        """What a person calls it: its e-mail address, or else its label."""
        email = self.first.details.get("email")
        return email if isinstance(email, str) and email else self.first.label


class Newcomers:
    """
    Puts accounts into a store, also when several processes do.

    Args:
        store: Where the files are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._intents = Intents(store)

    async def save(self, account: NewAccount) -> Saved:
        """Write an account's file, whole or not at all. Raises LoginError."""
        newcomer = _read(AUTHS + account.name, account)
        try:
            async with self._store.hold(HOLD, seconds=LONGEST_HOLD):
                return await self._put_at_last(account, newcomer)
        except StoreError as error:
            raise LoginError(
                f"the account {newcomer.label} ({newcomer.provider}) was logged in, but its file could not be "
                f"written: {error}. Mend that and log in again"
            ) from None

    async def _put_at_last(self, account: NewAccount, newcomer: Credential) -> Saved:
        for _ in range(MOST_TRIES):
            with suppress(Conflict, NotThere, DocumentError):  # somebody edits or removes it, or has half written it
                return await self._put(account, newcomer)
        raise Conflict("somebody else writes the same file all the time")

    async def _put(self, account: NewAccount, newcomer: Credential) -> Saved:
        documents = {document.key: document for document in await self._store.read_all(AUTHS)}
        key = _held_by(newcomer, account.fields, documents)
        if key is None:
            key = next(name for name in _names(AUTHS + account.name) if name not in documents)
            data = msgspec.json.format(_encode(dict(account.fields)), indent=2)
            await self._store.write(key, data, expected="")
            return Saved(key, read_credentials(key, data), notes=(*account.notes, *_beside(key, account)))
        async with self._store.hold(f"refresh/{key}", seconds=LONGEST_REFRESH):
            before = await self._store.read(key)
            old = read_credentials(key, before.data)
            data = merged(before.data, account.fields, account.assumed)
            new = read_credentials(key, data)
            saved = Saved(key, new, True, (*account.notes, *_differences(old, new)))
            await self._store.write(key, data, expected=before.revision)
            with suppress(StoreError):  # a note on tokens that are no longer there says nothing
                await self._intents.clear(key)
        return saved


def merged(data: bytes, fields: Values, assumed: Collection[str] = ()) -> bytes:
    """
    Return a credential file with the fields of a new login of the same account. All that is not its own stays.

    Of what the login only assumed, what the file says goes before it.
    """
    data = data.removeprefix(_BOM)
    values = _values(data)
    stale = set(_KEY_FILE) if values.get("type") == "service_account" else _OF_BEFORE
    changes: dict[str, object] = {name: UNSET for name in values if name in stale}
    yielding = _OPERATORS.union(assumed)
    changes |= {name: value for name, value in fields.items() if name not in yielding or name not in values}
    if isinstance(inner := values.get("token"), dict) and isinstance(token := fields.get("token"), dict):
        old = {name: UNSET for name in inner if name in _OF_BEFORE}
        changes["token"] = Raw(changed(bytes(_decode(data)["token"]), {**old, **token}))
    return changed(data, changes)


def _read(key: str, account: NewAccount) -> Credential:
    try:
        return read_credentials(key, _encode(dict(account.fields)))[0]
    except DocumentError as error:
        raise LoginError(f"the login came to its end, but {error}. Log in again") from None


def _held_by(newcomer: Credential, fields: Values, documents: Mapping[str, Document]) -> str | None:
    """
    Return the document that holds an account already, or None.

    Older files tell less of an account, so one that tells the same comes before one that contradicts nothing. The Go
    program writes one file for each project of a Gemini account: where there are several, the one of that name or with
    that project is meant; else the project is new.
    """
    held = {
        key: known
        for key, document in documents.items()
        if (known := _credentials(document))
        and known[0].provider == newcomer.provider
        and (known[0].account == newcomer.account or same_account(_values(document.data), fields))
    }
    exact = {key: known for key, known in held.items() if known[0].account == newcomer.account}
    found = exact or held
    if newcomer.document in found:
        return newcomer.document
    if len(found) == 1:
        return next(iter(found))
    return next((key for key, known in found.items() if newcomer.project in {one.project for one in known}), None)


def _credentials(document: Document) -> tuple[Credential, ...]:
    try:
        return read_credentials(document.key, document.data)
    except DocumentError:
        return ()


def _values(data: bytes) -> Values:
    """Return the fields of a file that can be read."""
    return _decode_values(data.removeprefix(_BOM))


def _names(key: str) -> Iterator[str]:
    stem, _, ending = key.rpartition(".")
    yield key
    for number in itertools.count(2):
        yield f"{stem}-{number}.{ending}"


def _beside(key: str, account: NewAccount) -> tuple[str, ...]:
    if key == AUTHS + account.name:
        return ()
    return (f"{account.name} is another account's file, or cannot be read, and was left alone",)


def _differences(old: Sequence[Credential], new: Sequence[Credential]) -> tuple[str, ...]:
    """Say what the person may not expect: his file is switched off, or had other projects."""
    told = []
    if new[0].disabled:
        told.append("the file says `disabled`, so the account is not used until that is taken out")
    gone = [one.project for one in old if one.project and one.project not in {other.project for other in new}]
    if gone and new[0].project:
        told.append(f"before, the account worked in {', '.join(gone)}; several projects are given with commas between")
    return tuple(told)
