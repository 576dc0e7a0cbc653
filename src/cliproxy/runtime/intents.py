"""
Notes on tokens that are about to be spent, so that a crash in the middle of a refresh is seen by the next start.

A note names its document and, by a digest, the tokens that stood in it. It is on disk before the token server is asked,
and deleted once the new token is. Found for tokens that still stand in the document, it says that the answer was lost.
"""

from __future__ import annotations

import enum
import hashlib

import msgspec
from msgspec import Struct

from cliproxy.credentials.credential import Credential
from cliproxy.stores.base import STATE, NotThere, Store

INTENTS = f"{STATE}intents/"

_encode = msgspec.json.Encoder().encode


class Stage(enum.Enum):
    """How far a refresh came."""

    SENT = "sent"  # or about to be; the answer may be lost
    RETRIED = "retried"  # asked once more after that
    REFUSED = "refused"  # the vendor takes this token no more


class Intent(Struct, frozen=True):
    """One note."""

    document: str
    tokens: str  # digest
    stage: Stage
    at: float  # unix time
    reason: str = ""  # of a refusal


_decode = msgspec.json.Decoder(Intent).decode


class Intents:
    """The notes in a store; whoever touches one holds its document."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, document: str) -> Intent | None:
        """Return the note on a document, if there is one. Raises StoreError."""
        try:
            note = await self._store.read(_key(document))
        except NotThere:
            return None
        try:
            return _decode(note.data)
        except msgspec.DecodeError:  # not ours, or of another version
            return None

    async def write(self, intent: Intent) -> None:
        """Put a note on disk, over the one that is there. Raises StoreError."""
        await self._store.write(_key(intent.document), _encode(intent))

    async def clear(self, document: str) -> None:
        """Delete the note on a document. Raises StoreError."""
        await self._store.delete(_key(document))

    async def sweep(self) -> None:
        """Delete the notes on documents that are gone. Raises StoreError."""
        for key in await self._store.list(INTENTS):
            try:
                document = _decode((await self._store.read(key)).data).document
                await self._store.read(document)
            except (NotThere, msgspec.DecodeError):
                await self._store.delete(key)


def digest_of(credential: Credential) -> str:
    """Return a name for the tokens of a credential, from which they cannot be had."""
    tokens = [credential.refresh_token.reveal(), credential.secret.reveal()]
    if cookie := credential.details.get("cookie"):
        tokens.append(str(cookie))
    return hashlib.sha256("\0".join(tokens).encode("utf-8", "replace")).hexdigest()


def _key(document: str) -> str:
    return INTENTS + hashlib.sha256(document.encode("utf-8", "replace")).hexdigest()[:32]
