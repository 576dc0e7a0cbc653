"""
Tokens kept fresh: ahead of their end, and at once where a request needs it; one refresh at a time for each document.

A refresh is a task of its own. Who asked for it only waits, and may leave; it goes on. It changes tokens and nothing
else: health, order and settings stay as they are.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable, Mapping

import structlog
from msgspec import structs

from cliproxy.credentials.credential import Credential
from cliproxy.credentials.files.document import DocumentError
from cliproxy.credentials.freshness import means_of
from cliproxy.credentials.pool import CredentialPool
from cliproxy.errors import FailureKind
from cliproxy.login.flow import Client, Refresh, RefreshFailed, Revoked
from cliproxy.providers.base import Provider
from cliproxy.runtime.refreshing import Flight, Refreshing, RefreshState, failed
from cliproxy.runtime.renewal import Clock, Credentials, Renewal, Sleep
from cliproxy.stores.base import Store, StoreError
from cliproxy.transport.base import Transport

CHECK_EVERY = 5.0  # seconds
MOST_AT_ONCE = 16  # ahead of time; as many again for requests that wait


class Refresher:
    """
    Keeps tokens fresh.

    Args:
        store: Where the documents are.
        pool: Which is told of new tokens, and of accounts that must log in again.
        providers: The accounts of one that cannot refresh are left alone.
        transport: How token servers are asked.
        clock: Gives unix time.
        sleep: Waits so many seconds.
        jitter: Gives numbers from 0 to 1 by chance.
        clients: The operator's own OAuth clients, by provider.
        renewed: Is told of a document with new tokens, and what it holds now.
        last_wait: Seconds that refreshes get to end when we stop; one that is left is found by its note.
    """

    def __init__(
        self,
        store: Store,
        pool: CredentialPool,
        providers: Mapping[str, Provider],
        transport: Transport,
        *,
        clock: Clock,
        sleep: Sleep,
        jitter: Callable[[], float],
        clients: Mapping[str, Client] | None = None,
        renewed: Callable[[str, Credentials], None] = lambda document, credentials: None,
        last_wait: float = 10.0,
    ) -> None:
        self._pool = pool
        self._providers = {provider.name: provider for provider in providers.values()}
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._renewed = renewed
        self._last_wait = last_wait
        self.clients = clients or {}  # another configuration may bring others
        self._renewal = Renewal(store, transport, clock=clock, sleep=sleep)
        self._accounts: dict[str, Refreshing] = {}  # by document
        self._due: list[tuple[float, str]] = []  # a heap; void where the account is due at another time by now
        self._is_closing = False
        self._flying: dict[asyncio.Task[RefreshFailed | None], None] = {}  # in the order of their start
        self._ahead = 0  # flights that nobody asked for
        self._asked = asyncio.Semaphore(MOST_AT_ONCE)
        self._log = structlog.get_logger()

    def watch(self, credentials: Iterable[Credential]) -> None:
        """Keep these fresh from now on, as they are in the pool, and no others. What is known of those is kept."""
        before, self._accounts = self._accounts, {}
        self._due.clear()
        for credential in credentials:
            if self._is_tended(credential):
                key = credential.document
                if key not in self._accounts:
                    account = self._accounts[key] = before.get(key) or Refreshing(key)
                    account.ids = ()
                self._accounts[key].ids += (credential.id,)
        for account in self._accounts.values():
            self._plan(account)

    def updated(self, credential: Credential) -> None:
        """Take notice of a credential that came into the pool another way, for one by an edit of its file."""
        if self._is_tended(credential):
            account = self._accounts.setdefault(credential.document, Refreshing(credential.document))
            if credential.id not in account.ids:
                account.ids += (credential.id,)
            self._plan(account)

    async def run(self) -> None:
        """Refresh what is due, until cancelled; then let what runs come to its end."""
        self._is_closing = False
        try:
            await self._sweep()
            while True:
                self._start_due()
                await self._sleep(CHECK_EVERY)
        finally:
            await self.close()

    async def close(self) -> None:
        """Begin no more ahead of time, and wait for the refreshes that run, but not for ever."""
        self._is_closing = True
        if self._flying:
            await asyncio.wait(self._flying, timeout=self._last_wait)
            late = tuple(self._flying)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def fresh(self, credential_id: str) -> Credential:
        """
        Return a credential with a new token, because its own has run out or was refused.

        Raises:
            RefreshFailed: There is none, now.
            Revoked: There will be none.
        """
        credential, account = self._pool.get(credential_id), self._account_of(credential_id)
        if credential is None or account is None:
            raise failed("the account has nothing to refresh its token with")
        try:
            await self._exchanged(account, credential)
        except RefreshFailed as error:
            if isinstance(error, Revoked) or not self._outlasts_its_token(credential):
                raise
        renewed = self._pool.get(credential_id)
        if renewed is None:
            raise failed("the account was removed")
        return renewed

    async def _exchanged(self, account: Refreshing, credential: Credential) -> None:
        flight = account.flight
        if flight is None:
            if not account.knows(credential):
                self._plan(account)
            account.check_sense(credential, now=self._clock())
            flight = self._start(account, was_asked=True)
        if (error := await flight.outcome()) is not None:
            raise error

    def _outlasts_its_token(self, credential: Credential) -> bool:
        """Tell whether requests are sent with a key that the token only fetched."""
        refresh = self._refresh_of(credential)
        return refresh is not None and refresh.yields_key and bool(credential.secret)

    def state(self, credential_id: str) -> RefreshState | None:
        """Return how the tokens of a credential stand; None: it has none to be kept fresh."""
        account = self._account_of(credential_id)
        return account.state if account is not None else None

    def _account_of(self, credential_id: str) -> Refreshing | None:
        credential = self._pool.get(credential_id)
        return self._accounts.get(credential.document) if credential is not None else None

    def _is_tended(self, credential: Credential) -> bool:
        refresh = self._refresh_of(credential)
        return bool(credential.document) and refresh is not None and refresh.renews(credential)

    def _refresh_of(self, credential: Credential) -> Refresh | None:
        provider = self._providers.get(credential.provider)
        return provider.refresh if provider is not None else None

    def _first_of(self, account: Refreshing) -> Credential | None:
        """Return one of an account's credentials that is in use; all have the same tokens."""
        known = [one for id_ in account.ids if (one := self._pool.get(id_)) is not None]
        return next((one for one in known if not one.disabled), next(iter(known), None))

    def _plan(self, account: Refreshing) -> None:
        credential = self._first_of(account)
        refresh = self._refresh_of(credential) if credential is not None else None
        if credential is None or refresh is None or not refresh.renews(credential):
            account.due = None
        else:
            needs_project = self._providers[credential.provider].needs_project
            at_once = needs_project and not credential.project
            account.plan(credential, lead=refresh.lead, spread=self._jitter(), at_once=at_once)
        self._queue(account)

    def _queue(self, account: Refreshing) -> None:
        if len(self._due) > 2 * len(self._accounts) + MOST_AT_ONCE:  # most of it is void
            self._due = [(one.due, key) for key, one in self._accounts.items() if one.due is not None]
            heapq.heapify(self._due)
        elif account.due is not None:
            heapq.heappush(self._due, (account.due, account.document))

    def _start_due(self) -> None:
        now = self._clock()
        while self._due and self._due[0][0] <= now and self._ahead < MOST_AT_ONCE and not self._is_closing:
            due, key = heapq.heappop(self._due)
            account = self._accounts.get(key)
            if account is not None and account.due == due and account.flight is None and self._is_due(account):
                self._start(account, was_asked=False)

    def _is_due(self, account: Refreshing) -> bool:
        """Tell whether an account is due still; one that got a token elsewhere is planned anew."""
        credential = self._first_of(account)
        if credential is not None and account.knows(credential):
            return True
        self._plan(account)
        return False

    def _start(self, account: Refreshing, *, was_asked: bool) -> Flight:
        account.flight = flight = Flight()
        flight.task = asyncio.create_task(self._fly(account, flight, was_asked=was_asked))
        self._flying[flight.task] = None
        flight.task.add_done_callback(self._flying.pop)
        self._ahead += not was_asked
        return flight

    async def _fly(self, account: Refreshing, flight: Flight, *, was_asked: bool) -> RefreshFailed | None:
        """Refresh one account, and return why it came to nothing, if it did."""
        try:
            if not was_asked:
                return await self._renew(account, flight)
            async with self._asked:
                return await self._renew(account, flight)
        finally:
            account.flight = None
            self._queue(account)
            if not was_asked:
                self._ahead -= 1
                self._start_due()

    async def _renew(self, account: Refreshing, flight: Flight) -> RefreshFailed | None:
        credential = self._first_of(account)
        refresh = self._refresh_of(credential) if credential is not None else None
        if credential is None or refresh is None:
            account.due = None
            return failed("the account was removed")
        outcome = await self._outcome(credential, refresh, flight)
        is_failure = isinstance(outcome, RefreshFailed)
        if (is_failure or not refresh.is_stored) and self._is_of_another_login(credential):
            return await self._renew(account, flight)  # what came of the old login says nothing of the new one
        if isinstance(outcome, RefreshFailed):
            self._note_failure(account, credential, outcome)
            return outcome
        self._take(account, outcome)
        return None

    async def _outcome(self, credential: Credential, refresh: Refresh, flight: Flight) -> Credentials | RefreshFailed:
        """Return what a document holds with its new token, or why none came."""
        document, provider = credential.document, credential.provider
        try:
            return await self._renewal.run(credential, refresh, self.clients.get(provider), flight.stuck)
        except RefreshFailed as refused:
            return refused
        except (StoreError, DocumentError) as refused:
            return failed(str(refused), FailureKind.SERVER_ERROR)
        except Exception:  # noqa: BLE001 (a fault of ours in one account must not end the refreshing of all others)
            self._log.exception("refresh broke", document=document, provider=provider)
            return failed("the refresh broke", FailureKind.SERVER_ERROR)

    def _is_of_another_login(self, credential: Credential) -> bool:
        """Tell whether the file of an account was exchanged while a token was got with what it held."""
        known = self._pool.get(credential.id)
        return known is not None and means_of(known) != means_of(credential)

    def _take(self, account: Refreshing, renewed: Credentials) -> None:
        """Hand new tokens to the pool, and a project that came with them; what else changed comes by a reload."""
        account.renewed(now=self._clock())
        by_id = {credential.id: credential for credential in renewed}
        for id_ in account.ids:
            known, fresh = self._pool.get(id_), by_id.get(id_, renewed[0])
            if known is not None:
                project = known.project or fresh.project
                self._pool.update(structs.replace(known.with_tokens_of(fresh), project=project))
        self._renewed(account.document, renewed)
        self._plan(account)
        first = renewed[0]
        self._log.info(
            "token refreshed",
            document=account.document,
            provider=first.provider,
            account=first.label,
            expires_at=first.expires_at,
        )

    def _note_failure(self, account: Refreshing, credential: Credential, error: RefreshFailed) -> None:
        now = self._clock()
        account.failed(error, now=now, spread=self._jitter())
        told = {
            "document": account.document,
            "provider": credential.provider,
            "account": credential.label,
            "reason": error.failure.message,
        }
        if isinstance(error, Revoked):
            for id_ in account.ids:
                self._pool.revoked(id_, error.failure.message, now=now)
            self._log.error("account must log in again", **told)
        else:
            self._log.warning("token not refreshed", **told, next_try_at=account.due)

    async def _sweep(self) -> None:
        try:
            await self._renewal.intents.sweep()
        except StoreError as error:
            self._log.warning("notes on refreshes cannot be read", error=str(error))
