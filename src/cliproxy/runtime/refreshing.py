"""One account's refreshes: what came of the last, when the next is due, and whether one is running."""

from __future__ import annotations

import asyncio

from msgspec import Struct, structs

from cliproxy.credentials.credential import Credential
from cliproxy.credentials.freshness import due_at, has_run_out, means_of
from cliproxy.errors import Failure, FailureKind
from cliproxy.login.flow import RefreshFailed, Revoked

FIRST_BACK_OFF, LONGEST_BACK_OFF = 300.0, 3600.0  # seconds after a failure, doubling
SHORTEST_BACK_OFF = 60.0  # seconds, where a request waits: its token has run out
JUST_NOW = 60.0  # seconds; a token refused so soon after it came would not be better for another


class RefreshState(Struct, frozen=True, gc=False):
    """How an account's tokens stand."""

    is_running: bool
    next_at: float | None  # unix time of the next refresh ahead; None: none is planned
    failure: Failure | None = None  # of the last one


class Flight:
    """A refresh that runs. `stuck` is set when its new token came, and cannot be stored."""

    def __init__(self) -> None:
        self.task: asyncio.Task[RefreshFailed | None] | None = None
        self._stuck: asyncio.Future[RefreshFailed] = asyncio.get_running_loop().create_future()

    def stuck(self, error: Exception) -> None:
        """Tell those who wait that it will take longer."""
        if not self._stuck.done():
            self._stuck.set_result(failed(str(error), FailureKind.SERVER_ERROR))

    async def outcome(self) -> RefreshFailed | None:
        """Wait for the end, or until it is stuck; who waits can leave, and the refresh goes on."""
        assert self.task is not None
        await asyncio.wait((self.task, self._stuck), return_when=asyncio.FIRST_COMPLETED)
        if not self.task.done():
            return self._stuck.result()
        if self.task.cancelled():
            return failed("the gateway is stopping", FailureKind.SERVER_ERROR)
        return self.task.result()


class Refreshing:
    """The refreshes of one document."""

    def __init__(self, document: str) -> None:
        self.document = document
        self.ids: tuple[str, ...] = ()  # of the credentials that stand in it
        self.due: float | None = None  # unix time
        self.flight: Flight | None = None
        self._tokens: tuple[object, object] = (None, None)  # what the next is got with, and the one in use
        self._failures = 0  # in a row
        self._failure: Failure | None = None
        self._failed_at = 0.0
        self._renewed_at = 0.0
        self._is_revoked = False

    @property
    def state(self) -> RefreshState:
        """How the tokens stand."""
        return RefreshState(self.flight is not None, self.due, self._failure)

    def knows(self, credential: Credential) -> bool:
        """Tell whether the tokens of a credential are those that were planned for."""
        return self._tokens == (means_of(credential), credential.secret)

    def plan(self, credential: Credential, *, lead: float, spread: float, at_once: bool = False) -> None:
        """
        Set when the next refresh is due; new tokens, wherever they came from, are a new beginning.

        `at_once`: the account lacks what comes with a refresh. One is tried for it, whatever the token's age.
        """
        if not self.knows(credential):
            means = means_of(credential)
            self._is_revoked = self._is_revoked and means == self._tokens[0]
            self._tokens = (means, credential.secret)
            self._failures = 0
            if not self._is_revoked:
                self._failure = None
        if self._is_revoked:
            self.due = None
        elif self._failures == 0 or credential.disabled:
            self.due = due_at(credential, lead=lead, spread=spread)
            if at_once and self.due is not None and not self._renewed_at:
                self.due = 0.0

    def renewed(self, *, now: float) -> None:
        """A new token came."""
        self._failures, self._failure, self._renewed_at = 0, None, now

    def failed(self, error: RefreshFailed, *, now: float, spread: float) -> None:
        """None came; the next try is later each time, or never."""
        self._failures += 1
        self._failure, self._failed_at = error.failure, now
        if isinstance(error, Revoked):
            self._is_revoked, self.due = True, None
            return
        pause = min(FIRST_BACK_OFF * 2.0 ** min(self._failures - 1, 10), LONGEST_BACK_OFF)
        self.due = now + pause * (1 + spread / 10)

    def check_sense(self, credential: Credential, *, now: float) -> None:
        """Raise RefreshFailed where asking now would lead to nothing."""
        if self._failure is not None and self._is_revoked:
            raise Revoked(self._failure)
        waits = self._failed_at + SHORTEST_BACK_OFF - now
        if self._failure is not None and 0 < waits <= SHORTEST_BACK_OFF:
            raise RefreshFailed(structs.replace(self._failure, retry_after=waits))
        if 0 <= now - self._renewed_at < JUST_NOW and not has_run_out(credential, now=now):
            raise failed("its token is refused, though it was exchanged just now; if that goes on, log in again")


def failed(message: str, kind: FailureKind = FailureKind.UNAUTHORIZED) -> RefreshFailed:
    """Return why no new token came, where no vendor was asked."""
    return RefreshFailed(Failure(kind, 0, message, scope="account"))
