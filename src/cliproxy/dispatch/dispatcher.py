"""The attempt loop: ask one credential after another until one answers or none is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.pool import CredentialPool
from cliproxy.dialects.base import Dialect
from cliproxy.dispatch.attempt import Attempt
from cliproxy.dispatch.exchange import ClientStream, Clock, Exchange, Sleep
from cliproxy.dispatch.losses import Lossy
from cliproxy.dispatch.opening import HOLD_TIME
from cliproxy.dispatch.result import Refused, Result
from cliproxy.dispatch.verdict import VERDICTS, Next, status_of
from cliproxy.errors import Failure, FailureKind, NoCredentialReady, UpstreamError
from cliproxy.routing.plan import Plan
from cliproxy.transport.base import Transport
from cliproxy.usage.record import Outcome, UsageRecord
from cliproxy.usage.sink import UsageSink

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
        persistence = self._persistence
        rounds = max(persistence.rounds, persistence.stream_rounds if exchange.head.stream else 0)
        candidates = exchange.plan.candidates
        tried: list[Candidate] = []
        attempts = 0
        last: Failure | None = None
        slept_until = 0.0
        while True:
            now = max(self._clock(), slept_until)  # a timer may go off a millisecond early: that is no other round
            exhausted = bool(persistence.credentials) and len(tried) >= persistence.credentials
            candidate = None if exhausted else self._pool.pick(candidates, now=now, besides=tried)
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
                if VERDICTS[last.kind] is Next.STOP:
                    raise self._refused(exchange, candidate, last) from None
                tried.append(candidate)
            except Lossy as lossy:
                attempts -= 1
                candidates = _besides_alike(candidates, candidate, exchange.plan)
                if not candidates:
                    raise lossy.told() from None
            else:
                return

    async def _attempt(self, exchange: Exchange, client: ClientStream, candidate: Candidate, number: int) -> None:
        credential = self._pool.get(candidate.credential_id)
        assert credential is not None  # just picked
        attempt = Attempt(
            exchange,
            candidate,
            credential,
            self._transport,
            self._dialects,
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
            elif result.failure is not None:
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
