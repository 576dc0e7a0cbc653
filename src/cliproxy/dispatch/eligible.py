"""Who can be asked: of those who could serve, those who know what a request goes on from, or have what it needs."""

from __future__ import annotations

from collections.abc import Sequence

from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.pool import CredentialPool
from cliproxy.dialects.base import Operation
from cliproxy.dispatch.exchange import Clock, Exchange, NobodyToWarm
from cliproxy.dispatch.lasting import Lasting
from cliproxy.dispatch.way_there import Holds, socket_of


class Eligible:
    """Finds out who can be asked."""

    def __init__(self, pool: CredentialPool, lasting: Lasting, holds: Holds | None, clock: Clock) -> None:
        """`holds` is None where nothing carries websockets."""
        self._pool = pool
        self._lasting = lasting
        self._holds = holds
        self._clock = clock

    def for_(self, exchange: Exchange) -> Sequence[Candidate]:
        """
        Recall what the request goes on from, and return who can be asked then.

        What is not known here may be known to an upstream that speaks the client's dialect, and to no other. Raises
        the dialect's own error where nobody can know it, and NobodyToWarm.
        """
        continuing, id_ = exchange.dialect.continuing, exchange.head.continues
        candidates: Sequence[Candidate] = exchange.plan.candidates
        if exchange.operation is Operation.COUNT_TOKENS:  # which is estimated where nobody is left
            candidates = self._lasting.lacked.those_who_may(candidates, exchange.operation, now=self._clock())
            candidates = tuple(one for one in candidates if self._counts(exchange, one))
        if exchange.is_warm_up:
            candidates = self._with_sockets(exchange)
        if continuing is None or not id_:
            return candidates
        before = exchange.before = self._lasting.replies.recall(exchange.principal.name, id_, now=self._clock())
        if before is not None and before.items is not None:
            return candidates
        if before is not None:
            candidates = tuple(one for one in candidates if one.credential_id == before.account)
        native = [candidate for candidate in candidates if self._keeps_replies(exchange, candidate)]
        if not native:
            raise continuing.not_found(id_)
        return native

    def _keeps_replies(self, exchange: Exchange, candidate: Candidate) -> bool:
        target = exchange.plan.targets[candidate]
        credential = self._pool.get(candidate.credential_id)
        speaks = target.endpoint.dialect == exchange.dialect.name
        return speaks and credential is not None and target.provider.keeps_replies(credential)

    def _counts(self, exchange: Exchange, candidate: Candidate) -> bool:
        credential = self._pool.get(candidate.credential_id)
        return credential is not None and exchange.plan.targets[candidate].provider.counts(credential)

    def _with_sockets(self, exchange: Exchange) -> Sequence[Candidate]:
        found = tuple(one for one in exchange.plan.candidates if self._has_socket(exchange, one))
        if not found:
            raise NobodyToWarm
        return found

    def _has_socket(self, exchange: Exchange, candidate: Candidate) -> bool:
        target = exchange.plan.targets[candidate]
        if self._holds is None or not exchange.channel or target.endpoint.dialect != exchange.dialect.name:
            return False
        credential = self._pool.get(candidate.credential_id)
        return credential is not None and socket_of(target, credential) is not None


def maker_of_what_came_before(exchange: Exchange) -> Candidate | None:
    """Return who made the reply that the request goes on from and knows it by its id, if it may be asked."""
    before = exchange.before
    if before is None or not before.account:
        return None
    return next((one for one in exchange.plan.candidates if one.credential_id == before.account), None)
