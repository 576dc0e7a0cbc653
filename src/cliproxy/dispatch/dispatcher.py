"""The attempt loop: ask one credential after another until one answers or none is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.pool import CredentialPool
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.dispatch.attempt import Attempt
from cliproxy.dispatch.counting import Count, estimate
from cliproxy.dispatch.exchange import ClientStream, Clock, Exchange, Sleep
from cliproxy.dispatch.losses import Lossy
from cliproxy.dispatch.memory import KeptReplies
from cliproxy.dispatch.opening import HOLD_TIME
from cliproxy.dispatch.proofs import KeptProofs
from cliproxy.dispatch.result import Refused, Result
from cliproxy.dispatch.verdict import VERDICTS, Next, status_of
from cliproxy.errors import Failure, FailureKind, NoCredentialReady, UpstreamError
from cliproxy.routing.plan import Plan
from cliproxy.transport.base import Transport
from cliproxy.usage.record import Outcome, UsageRecord
from cliproxy.usage.sink import UsageSink

_CLIENTS_FAULT = (FailureKind.BAD_REQUEST, FailureKind.CONTENT_REFUSED, FailureKind.TOO_LARGE)
_SPENT = (FailureKind.RATE_LIMITED, FailureKind.QUOTA_SPENT)


@dataclass(frozen=True, slots=True)
class Persistence:
    """How long to go on."""

    rounds: int = 3  # after the first, when every credential failed
    credentials: int = 0  # asked in one round; 0: all
    longest_wait: float = 30.0  # seconds for a resting credential; 0: never wait, so there is one round
    stream_rounds: int = 0  # at least so many for a stream


class Dispatcher:
    """Runs exchanges."""

    def __init__(
        self,
        *,
        pool: CredentialPool,
        transport: Transport,
        dialects: dict[str, Dialect],
        sink: UsageSink,
        clock: Clock,
        sleep: Sleep,
        persistence: Persistence,
        count: Count,
        pass_headers: bool = False,
        keeps_alive: bool = False,
        strict: bool = False,
    ) -> None:
        self._pool = pool
        self._transport = transport
        self._dialects = dialects
        self._sink = sink
        self._clock = clock
        self._sleep = sleep
        self._persistence = persistence
        self._count = count
        self._proofs = KeptProofs()
        self._replies = KeptReplies()
        self._pass_headers = pass_headers
        self._hold_time = None if keeps_alive else HOLD_TIME
        self._strict = strict

    async def run(self, exchange: Exchange, client: ClientStream) -> None:
        """
        Answer one exchange.

        Raises:
            RequestError: The request cannot be read, or nobody can be told all of it and nothing less is wanted.
            NoCredentialReady: All who could serve are resting, for longer than is waited.
            UpstreamError: The last one asked refused, and so did the others.
        """
        if exchange.operation is not Operation.COUNT_TOKENS or exchange.dialect.counting is None:
            await self._ask(exchange, client)
            return
        if exchange.plan.candidates:
            try:
                await self._ask(exchange, client)
                return
            except NoCredentialReady:
                pass
            except UpstreamError as error:
                if error.failure.kind in _CLIENTS_FAULT:
                    raise
        await estimate(exchange, exchange.dialect.counting, client, self._count)

    async def _ask(self, exchange: Exchange, client: ClientStream) -> None:
        persistence = self._persistence
        rounds = max(persistence.rounds, persistence.stream_rounds if exchange.head.stream else 0)
        candidates = self._remembering(exchange)
        favourite = _maker_of_what_came_before(exchange)
        tried: list[Candidate] = []
        attempts = 0
        last: Failure | None = None
        slept_until = 0.0
        while True:
            now = max(self._clock(), slept_until)  # a timer may go off a millisecond early: that is no other round
            exhausted = bool(persistence.credentials) and len(tried) >= persistence.credentials
            candidate = self._pool.pick((favourite,), now=now, besides=tried) if favourite is not None else None
            favourite = None
            if candidate is None and not exhausted:
                candidate = self._pool.pick(candidates, now=now, besides=tried)
            if candidate is None:
                ready_at = self._pool.ready_at(candidates, now=now)
                wait = 0.0 if ready_at is None else ready_at - now
                if rounds <= 0 or ready_at is None or wait > persistence.longest_wait or not persistence.longest_wait:
                    raise self._nobody(exchange, candidates, last, None if ready_at is None else wait)
                rounds -= 1
                tried.clear()
                slept_until = ready_at
                await self._sleep(wait)
                continue
            attempts += 1
            try:
                await self._attempt(exchange, client, candidate, attempts)
            except Refused as refusal:
                last = refusal.failure
                if _is_eased(exchange, last):
                    favourite = candidate
                elif VERDICTS[last.kind] is Next.OTHER_CREDENTIAL:
                    tried.append(candidate)
                else:
                    raise self._refused(exchange, candidate, last) from None
            except Lossy as lossy:
                attempts -= 1
                candidates = _besides_alike(candidates, candidate, exchange.plan)
                if not candidates:
                    raise lossy.told() from None
            else:
                return

    def _remembering(self, exchange: Exchange) -> Sequence[Candidate]:
        """
        Recall what the request goes on from, and return who can be asked then.

        What is not known here may be known to an upstream that speaks the client's dialect, and to no other.
        """
        continuing, id_ = exchange.dialect.continuing, exchange.head.continues
        candidates = exchange.plan.candidates
        if continuing is None or not id_:
            return candidates
        before = exchange.before = self._replies.recall(exchange.principal.name, id_, now=self._clock())
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

    async def _attempt(self, exchange: Exchange, client: ClientStream, candidate: Candidate, number: int) -> None:
        credential = self._pool.get(candidate.credential_id)
        assert credential is not None  # just picked
        attempt = Attempt(
            exchange,
            candidate,
            credential,
            self._transport,
            self._dialects,
            self._proofs,
            self._replies,
            self._clock,
            pass_headers=self._pass_headers,
            hold_time=self._hold_time,
            strict=self._strict,
        )
        started = self._clock()
        try:
            await attempt.run(client)
        finally:
            # No await in here: a client that leaves can cancel at any of them.
            now = self._clock()
            result = attempt.result
            if attempt.was_sent:
                self._sink.record(_record(exchange, candidate, credential.label, number, started, now, result))
            if result.outcome is Outcome.SUCCEEDED:
                self._pool.succeeded(candidate)
            elif result.failure is not None and not _lacks_the_operation(exchange, result.failure):
                self._pool.failed(candidate, result.failure, now=now, used=credential)
            else:
                self._pool.abandoned(candidate)

    def _refused(self, exchange: Exchange, candidate: Candidate, failure: Failure) -> UpstreamError:
        upstream = exchange.plan.targets[candidate].endpoint.dialect
        body = failure.body if upstream == exchange.dialect.name else b""
        return UpstreamError(failure, status=status_of(failure), message=failure.message, body=body)

    def _nobody(
        self, exchange: Exchange, candidates: Sequence[Candidate], last: Failure | None, wait: float | None
    ) -> UpstreamError | NoCredentialReady:
        """Return the last failure, or who rests until when, if nobody was asked at all."""
        model = exchange.plan.requested
        if last is not None:
            error = UpstreamError(last, status=status_of(last), message=last.message)
            if last.kind is FailureKind.RATE_LIMITED and error.retry_after is None:
                error.retry_after = wait
            return error
        reasons = self._pool.why(candidates, now=self._clock())
        spent = bool(reasons) and all(
            reason.failure is not None and reason.failure.kind in _SPENT for reason in reasons
        )
        told = "; ".join(
            f"{reason.candidate.credential_id} for {reason.rests_until - self._clock():.0f} s"
            f" ({reason.failure.kind.value.replace('_', ' ')})"
            for reason in reasons[:5]
            if reason.failure is not None
        )
        more = f" and {len(reasons) - 5} more" if len(reasons) > 5 else ""
        return NoCredentialReady(
            f"every credential for {model!r} is resting: {told}{more}" if told else f"no credential for {model!r}",
            status=429 if spent else 503,
            retry_after=wait,
        )


def _besides_alike(candidates: Sequence[Candidate], one: Candidate, plan: Plan) -> tuple[Candidate, ...]:
    """Return the candidates that would be sent something else: another model, or the same in another dialect."""
    dialect = plan.targets[one].endpoint.dialect
    return tuple(
        candidate
        for candidate in candidates
        if candidate.model != one.model or plan.targets[candidate].endpoint.dialect != dialect
    )


def _lacks_the_operation(exchange: Exchange, failure: Failure) -> bool:
    """Tell whether a 404 may mean that the upstream has no such path: its models answer all the same."""
    return exchange.operation is not Operation.GENERATE and failure.kind is FailureKind.NO_SUCH_MODEL


def _maker_of_what_came_before(exchange: Exchange) -> Candidate | None:
    """Return who made the reply that the request goes on from and knows it by its id, if it may be asked."""
    before = exchange.before
    if before is None or not before.account:
        return None
    return next((one for one in exchange.plan.candidates if one.credential_id == before.account), None)


def _is_eased(exchange: Exchange, failure: Failure) -> bool:
    """Tell whether the same account can be asked again for less: without proofs, or without relying on its memory."""
    if VERDICTS[failure.kind] is Next.WITHOUT_PROOFS and not exchange.without_proofs:
        exchange.without_proofs = True
        return True
    if exchange.before is not None and not exchange.is_forgotten and "previous_response" in failure.code:
        exchange.is_forgotten = True
        return True
    return False


def _record(
    exchange: Exchange, candidate: Candidate, account: str, number: int, started: float, now: float, result: Result
) -> UsageRecord:
    target = exchange.plan.targets[candidate]
    return UsageRecord(
        exchange_id=exchange.id,
        attempt=number,
        at=started,
        provider=target.provider.name,
        model=candidate.model,
        credential_id=candidate.credential_id,
        principal=exchange.principal.name,
        usage=result.usage,
        first_byte_after=max(0.0, result.first_byte_at - started) if result.first_byte_at else 0.0,
        took=now - started,
        outcome=result.outcome,
        failure=result.failure.kind.value if result.failure else "",
        account=account,
        losses=result.losses,
        dialect=exchange.dialect.name,
        upstream_dialect=target.endpoint.dialect,
    )
