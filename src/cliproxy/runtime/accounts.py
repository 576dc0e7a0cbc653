"""
The credentials that lie in a store: read at the start, and again when a document changes.

A document that cannot be read changes nothing: what it held before stays, and the reason is logged once. Of several
documents with one account, one is used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.document import DocumentError, read_credentials
from cliproxy.runtime.twins import Twins
from cliproxy.stores.base import AUTHS, Document, NotThere, Store, StoreError


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the credentials of the documents that were looked at."""

    updated: tuple[Credential, ...] = ()  # that were there before, under the same id
    is_other_set: bool = False  # some came or went
    before: Mapping[str, Credential] = field(default_factory=dict)  # the updated ones as they were, by id


class Accounts:
    """The credentials of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._documents: dict[str, tuple[Credential, ...]] = {}
        self._twins = Twins()
        self._reported: dict[str, str] = {}  # the revision of each document that was complained about
        self._left_alone: dict[str, str] = {}  # documents whose account another one holds, and which
        self._log = structlog.get_logger()

    @property
    def credentials(self) -> Iterable[Credential]:
        """All that are used, in the order of their documents."""
        for key in sorted(self._documents):
            if key not in self._left_alone:
                yield from self._documents[key]

    def __len__(self) -> int:
        return sum(map(len, self._documents.values()))

    async def load(self) -> None:
        """Read all documents. Raises StoreError."""
        for document in await self._store.read_all(AUTHS):
            self._take(document)
        self._choose(self._documents)

    async def look(self, keys: Collection[str]) -> Changes:
        """Read some documents again, and return what became of their credentials."""
        before = {key: self._documents.get(key, ()) for key in keys if key.startswith(AUTHS)}
        kin = {twin for key in before for twin in self._twins.of(key)}
        for key in before:
            await self._look_at(key)
        is_other_choice = self._choose(kin.union(*map(self._twins.of, before)))
        old = {credential.id: credential for credentials in before.values() for credential in credentials}
        new = {credential.id: credential for key in before for credential in self._documents.get(key, ())}
        updated = tuple(one for id_, one in new.items() if id_ in old and old[id_] != one)
        is_other_set = is_other_choice or old.keys() != new.keys()
        return Changes(updated, is_other_set, {one.id: old[one.id] for one in updated})

    def renewed(self, key: str, credentials: Iterable[Credential]) -> None:
        """
        Note the new tokens of a document, before its store tells of it: else a reload would bring the old ones back.

        What else changed in it is still to be found out.
        """
        if key in self._documents:
            fresh = {credential.id: credential for credential in credentials}
            known = self._documents[key]
            self._put(key, tuple(one.with_tokens_of(fresh.get(one.id, one)) for one in known))

    async def _look_at(self, key: str) -> None:
        try:
            self._take(await self._store.read(key))
        except NotThere:
            self._documents.pop(key, None)
            self._twins.drop(key)
            self._reported.pop(key, None)
        except StoreError as error:
            self._report(key, "", str(error))

    def _take(self, document: Document) -> None:
        key = document.key
        try:
            self._put(key, read_credentials(key, document.data))
        except DocumentError as error:
            self._report(key, document.revision, str(error))
        else:
            self._reported.pop(key, None)

    def _put(self, key: str, credentials: tuple[Credential, ...]) -> None:
        self._documents[key] = credentials
        self._twins.put(key, credentials)

    def _choose(self, keys: Iterable[str]) -> bool:
        """Find out which of these documents are left alone, and tell whether that is new."""
        before = dict(self._left_alone)
        for key in keys:
            self._left_alone.pop(key, None)
            if key in self._documents and (used := self._twins.used(key)) != key:
                self._left_alone[key] = used
        for key, used in self._left_alone.items():
            if before.get(key) != used:
                self._log.warning("account is in two files", file=key, then=f"it is left alone, and {used} is used")
        return before != self._left_alone

    def _report(self, key: str, revision: str, why: str) -> None:
        if self._reported.get(key) == revision:
            return
        self._reported[key] = revision
        kept = "what it held before is used on" if key in self._documents else "it is passed over"
        self._log.warning("credential file cannot be used", file=key, why=why, then=kept)
