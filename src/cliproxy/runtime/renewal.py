"""
One refresh of one document: asked for once, stored before it is used, and safe to die in at any point.

    hold the document -> read it anew -> write a note -> ask the token server -> write the document -> delete the note

Whoever dies between the answer and the write loses the new token, and nobody can prevent that. The note tells the next
start, which tries the old token exactly once more: some servers give a new one for it again, others never.

A token that is made from what its document holds, and can be made again, is not stored and needs none of this.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from msgspec import structs

from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.document import DocumentError, Tokens, read_credentials, with_tokens
from cliproxy.credentials.freshness import has_run_out, means_of
from cliproxy.errors import Failure, FailureKind
from cliproxy.login.flow import Client, Refresh, RefreshFailed, Revoked
from cliproxy.runtime.intents import Intent, Intents, Stage, digest_of
from cliproxy.stores.base import Conflict, Document, NotThere, Store, StoreError
from cliproxy.transport.base import Transport, TransportError
from cliproxy.transport.steps import drive

LONGEST_HOLD = 90.0  # seconds; an exchange takes less
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between two tries to store a token

Clock = Callable[[], float]  # gives unix time
Sleep = Callable[[float], Awaitable[None]]
Credentials = tuple[Credential, ...]


class Renewal:
    """
    Refreshes documents of a store, one at a time each, also among processes that share the store.

    Args:
        store: Where they are.
        transport: How token servers are asked.
        clock: Gives unix time.
        sleep: Waits so many seconds.
    """

    def __init__(self, store: Store, transport: Transport, *, clock: Clock, sleep: Sleep) -> None:
        self.intents = Intents(store)
        self._store = store
        self._transport = transport
        self._clock = clock
        self._sleep = sleep
        self._log = structlog.get_logger()

    async def run(
        self, seen: Credential, refresh: Refresh, client: Client | None, stuck: Callable[[StoreError], None]
    ) -> Credentials:
        """
        Exchange the tokens of a credential's document, and return its credentials as they stand there then.

        Args:
            seen: The credential as the caller knows it. Where the document has another token by now, that is taken.
            refresh: How the provider does it.
            client: The operator's own, if he has one.
            stuck: Called when a new token came and cannot be stored; it is tried on until it can.

        Raises:
            RefreshFailed: There is no new token.
            Revoked: There will be none; the note keeps that in mind.
            StoreError: Nothing was asked, because the document or the note cannot be had.
            DocumentError: Nothing was asked, because the document is no credential.
        """
        key = seen.document
        if not refresh.is_stored:
            return (_with(await self._asked(seen, refresh, client), seen),)
        async with self._store.hold(f"refresh/{key}", seconds=LONGEST_HOLD):
            document = await self._store.read(key)
            credentials = read_credentials(key, document.data)
            current = credentials[0]
            now = self._clock()
            is_other = (means_of(current), current.secret) != (means_of(seen), seen.secret)
            if is_other and not has_run_out(current, now=now):
                return credentials
            if not refresh.renews(current):
                raise _failed("its file no longer holds what a token is got with")
            note = await self._announced(current, refresh, now)
            tokens = await self._exchanged(current, note, refresh, client)
            renewed = await self._stored(document, current, tokens, stuck)
            await self._forget(key)
            return renewed

    async def _announced(self, current: Credential, refresh: Refresh, now: float) -> Intent:
        """Leave a note that a token is about to be spent. Raises Revoked where it was refused, or lost, before."""
        before = await self.intents.of(current.document)
        note = Intent(current.document, digest_of(current), Stage.SENT, now)
        if before is not None and before.tokens == note.tokens:
            if before.stage is Stage.REFUSED or (before.stage is Stage.RETRIED and refresh.rotates):
                raise _revoked(before.reason or _interrupted(current, "it was tried once more, and that was too"))
            note = structs.replace(note, stage=Stage.RETRIED)
        await self.intents.write(note)
        return note

    async def _exchanged(self, current: Credential, note: Intent, refresh: Refresh, client: Client | None) -> Tokens:
        is_retry = note.stage is Stage.RETRIED
        try:
            return await self._asked(current, refresh, client)
        except Revoked as refused:
            failure = refused.failure
            if is_retry:
                failure = structs.replace(failure, message=_interrupted(current, failure.message))
            await self.intents.write(structs.replace(note, stage=Stage.REFUSED, reason=failure.message))
            raise Revoked(failure) from None
        except RefreshFailed as failed:
            await self._unspent(note, is_certain=failed.is_certain and not is_retry)
            raise

    async def _asked(self, current: Credential, refresh: Refresh, client: Client | None) -> Tokens:
        """Return what the token server gives. Raises RefreshFailed, Revoked."""
        steps = refresh.steps(current, now=self._clock(), client=client)
        try:
            return await drive(steps, self._transport, self._sleep, clock=self._clock)
        except TransportError as error:
            raise RefreshFailed(Failure(FailureKind.UNREACHABLE, 0, str(error), scope="account")) from None

    async def _unspent(self, note: Intent, *, is_certain: bool) -> None:
        """We live, and no new token came: what the note says of the next try is as it was before this one."""
        if is_certain:
            await self.intents.clear(note.document)
        elif note.stage is not Stage.SENT:
            await self.intents.write(structs.replace(note, stage=Stage.SENT))

    async def _stored(
        self, document: Document, spent: Credential, tokens: Tokens, stuck: Callable[[StoreError], None]
    ) -> Credentials:
        """Put new tokens into their document, however often somebody edits it meanwhile; go on until it is done."""
        key = spent.document
        latest: Document | None = document
        pause = FIRST_PAUSE
        while True:
            try:
                if latest is None:
                    latest = await self._store.read(key)
                    credentials = read_credentials(key, latest.data)
                    if means_of(credentials[0]) != means_of(spent):
                        return credentials  # somebody has logged in anew
                data = with_tokens(latest.data, tokens)
                await self._store.write(key, data, expected=latest.revision)
                return read_credentials(key, data)
            except Conflict:
                latest = None
            except NotThere:
                await self._forget(key)
                raise _failed("its file was removed") from None
            except (StoreError, DocumentError) as error:
                latest = None
                self._log.critical("new token cannot be stored", document=key, error=str(error), next_try_in=pause)
                stuck(StoreError(f"a new token for {key} cannot be stored: {error}"))
                await self._sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _forget(self, key: str) -> None:
        try:
            await self.intents.clear(key)
        except StoreError as error:  # it names tokens that are no longer there, so it says nothing any more
            self._log.warning("note on a refresh cannot be deleted", document=key, error=str(error))


def _with(tokens: Tokens, credential: Credential) -> Credential:
    return structs.replace(
        credential, secret=tokens.access_token, expires_at=tokens.expires_at, refreshed_at=tokens.refreshed_at
    )


def _interrupted(current: Credential, told: str) -> str:
    account = f" of {current.label}" if current.label else ""
    return (
        f"log in again: the last refresh of {current.document}{account} was interrupted, and its answer lost ({told})"
    )


def _revoked(message: str) -> Revoked:
    return Revoked(Failure(FailureKind.UNAUTHORIZED, 0, message, scope="account"))


def _failed(message: str) -> RefreshFailed:
    failure = Failure(FailureKind.UNAUTHORIZED, 0, f"the account cannot be refreshed: {message}", scope="account")
    return RefreshFailed(failure, is_certain=True)
