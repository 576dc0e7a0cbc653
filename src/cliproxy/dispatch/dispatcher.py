"""The attempt loop: ask one credential after another until one answers or none is left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from cliproxy.credentials.credential import Candidate, Credential, Secret
from cliproxy.credentials.freshness import has_run_out
from cliproxy.credentials.pool import CredentialPool
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.dispatch.attempt import Attempt
from cliproxy.dispatch.choosing import Choice, Persistence
from cliproxy.dispatch.counting import Count, estimate
from cliproxy.dispatch.eligible import Eligible, maker_of_what_came_before
from cliproxy.dispatch.exchange import ClientStream, Clock, Exchange, Sleep
from cliproxy.dispatch.explain import MOST_NAMED, Explanation
from cliproxy.dispatch.lasting import Lasting
from cliproxy.dispatch.line import Lines
from cliproxy.dispatch.losses import Lossy
from cliproxy.dispatch.manners import Manners
from cliproxy.dispatch.opening import HOLD_TIME
from cliproxy.dispatch.record import record_of
from cliproxy.dispatch.result import Refused, Result
from cliproxy.dispatch.verdict import VERDICTS, Next, status_of
from cliproxy.dispatch.way_there import Holds
from cliproxy.errors import Failure, FailureKind, NoCredentialReady, UpstreamError
from cliproxy.login.flow import Refresh
from cliproxy.routing.plan import Plan
from cliproxy.transport.base import Transport
from cliproxy.usage.record import Outcome
from cliproxy.usage.sink import UsageSink

_CLIENTS_FAULT = (FailureKind.BAD_REQUEST, FailureKind.CONTENT_REFUSED, FailureKind.TOO_LARGE)

Fresh = Callable[[str], Awaitable[Credential]]
"""Refreshes the token of a credential, by its id, and returns it as it is then. Raises Refused."""


class Stale(Refused):
    """An upstream refused a token that can be replaced by a fresh one."""


class Dispatcher:
    """Runs exchanges."""

    def __init__(
        self,
        *,
        pool: CredentialPool,
        lines: Lines,
        transport: Transport,
        dialects: dict[str, Dialect],
        sink: UsageSink,
        clock: Clock,
        sleep: Sleep,
        count: Count,
        manners: Manners,
        lasting: Lasting | None = None,
        holds: Holds | None = None,
        fresh: Fresh | None = None,
        explained: Callable[[Explanation], None] | None = None,
    ) -> None:
        self._pool = pool
        self._lines = lines
        self._transport = transport
        self._dialects = dialects
        self._sink = sink
        self._clock = clock
        self._sleep = sleep
        self._count = count
        self._manners = manners
        self._lasting = lasting or Lasting()
        self._holds = holds
        self._eligible = Eligible(pool, self._lasting, holds, clock)
        self._fresh = fresh
        self._explained = explained

    async def run(self, exchange: Exchange, client: ClientStream) -> None:
        """
        Answer one exchange.

        Raises:
            RequestError: The request cannot be read, or nobody can be told all of it and nothing less is wanted.
            NoCredentialReady: All who could serve are resting, for longer than is waited.
            UpstreamError: The last one asked refused, and so did the others.
            NobodyToWarm: It is a warm-up, and nobody is asked over a socket.
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

    def _persistence(self, exchange: Exchange) -> Persistence:
        """Return how long to go on: a count is not waited for, since it can be estimated."""
        usual = self._manners.persistence
        if exchange.operation is not Operation.COUNT_TOKENS or exchange.dialect.counting is None:
            return usual
        return replace(usual, longest_wait=0.0)

    async def _ask(self, exchange: Exchange, client: ClientStream) -> None:
        explanation = self._explanation(exchange)
        try:
            await self._ask_in_turn(exchange, client, explanation)
        finally:
            if self._explained is not None:
                self._explained(explanation)

    async def _ask_in_turn(self, exchange: Exchange, client: ClientStream, explanation: Explanation) -> None:
        choice = Choice(
            exchange,
            self._eligible.for_(exchange),
            explanation,
            pool=self._pool,
            lines=self._lines,
            clock=self._clock,
            sleep=self._sleep,
            persistence=self._persistence(exchange),
            favourite=maker_of_what_came_before(exchange),
        )
        attempts = 0
        stale: dict[str, Secret] = {}  # tokens that were refused, to be replaced by fresh ones, by credential
        while True:
            candidate = await choice.next()
            attempts += 1
            try:
                await self._attempt(exchange, client, candidate, attempts, explanation, stale)
            except Refused as refusal:
                failure = refusal.failure
                if isinstance(refusal, Stale) or _is_eased(exchange, failure):
                    choice.again(candidate)
                elif VERDICTS[failure.kind] is Next.OTHER_CREDENTIAL:
                    choice.refused(candidate, failure)
                else:
                    raise self._refused(exchange, candidate, failure) from None
            except Lossy as lossy:
                attempts -= 1
                others = _besides_alike(choice.candidates, candidate, exchange.plan)
                if not others:
                    raise lossy.told() from None
                choice.without(others)
            else:
                return

    def _explanation(self, exchange: Exchange) -> Explanation:
        now, candidates = self._clock(), exchange.plan.candidates
        explanation = Explanation(
            exchange_id=exchange.id,
            at=now,
            model=exchange.plan.requested,
            dialect=exchange.dialect.name,
            principal=exchange.principal.name,
            candidates=len(candidates),
        )
        if len(candidates) > 1:
            explanation.passed_over(self._pool.why(candidates[:MOST_NAMED], now=now), self._pool.get, at=now)
        return explanation

    async def _attempt(
        self,
        exchange: Exchange,
        client: ClientStream,
        candidate: Candidate,
        number: int,
        explanation: Explanation,
        stale: dict[str, Secret],
    ) -> None:
        credential = self._pool.get(candidate.credential_id)
        assert credential is not None  # just picked
        refresh = exchange.plan.targets[candidate].provider.refresh
        result = Result("")
        started = self._clock()
        attempt: Attempt | None = None
        is_excused = False
        try:
            credential = await self._with_token(credential, refresh, stale, result)
            started = self._clock()
            explanation.asked(credential, candidate.model, at=started)
            attempt = self._new_attempt(exchange, candidate, credential)
            result = attempt.result
            await attempt.run(client)
        except Refused as refusal:
            if self._can_be_renewed(credential, refresh, refusal.failure, stale):
                stale[credential.id] = credential.secret
                is_excused = True  # what was refused is the token, not the account
                raise Stale(refusal.failure) from None
            raise
        finally:
            # No await in here: a client that leaves can cancel at any of them.
            now = self._clock()
            if attempt is not None and attempt.was_sent:
                self._sink.record(record_of(exchange, candidate, credential.label, number, started, now, result))
            self._judge(exchange, candidate, credential, result, now, is_excused=is_excused)
            explanation.came(_came(result), credential, candidate.model, result.failure, at=now)

    def _new_attempt(self, exchange: Exchange, candidate: Candidate, credential: Credential) -> Attempt:
        return Attempt(
            exchange,
            candidate,
            credential,
            self._transport,
            self._dialects,
            self._lasting.proofs,
            self._lasting.replies,
            self._clock,
            self._sleep,
            holds=self._holds,
            rounds=1 + (self._manners.persistence.rounds if credential.rounds is None else credential.rounds),
            answered=lambda: self._pool.answered(candidate, now=self._clock()),
            pass_headers=self._manners.pass_headers,
            names_credential=self._manners.names_credential,
            learns=self._lasting.lessons.is_due(credential.id, now=self._clock()),
            hold_time=None if self._manners.keeps_alive else HOLD_TIME,
            strict=self._manners.strict,
        )

    async def _with_token(
        self, credential: Credential, refresh: Refresh | None, stale: Mapping[str, Secret], result: Result
    ) -> Credential:
        """Return a credential whose token has neither run out nor been refused. Raises Refused."""
        if self._fresh is None or refresh is None or not refresh.renews(credential):
            return credential
        if stale.get(credential.id) != credential.secret and not has_run_out(credential, now=self._clock()):
            return credential
        try:
            return await self._fresh(credential.id)
        except Refused as refusal:
            raise result.refused(refusal.failure) from None

    def _can_be_renewed(
        self, credential: Credential, refresh: Refresh | None, failure: Failure, stale: Mapping[str, Secret]
    ) -> bool:
        """Tell whether a refusal speaks of a token that can be replaced by a fresh one; once for each account."""
        if self._fresh is None or failure.kind is not FailureKind.UNAUTHORIZED or credential.id in stale:
            return False
        return refresh is not None and refresh.renews(credential)

    def _judge(
        self,
        exchange: Exchange,
        candidate: Candidate,
        used: Credential,
        result: Result,
        now: float,
        *,
        is_excused: bool,
    ) -> None:
        """Tell the pool what an attempt came to, and those who wait that a place is free."""
        tokens = result.usage.input_tokens + result.usage.output_tokens
        if result.windows:
            self._pool.learned(candidate.credential_id, result.windows, now=now)
        if result.outcome is Outcome.SUCCEEDED:
            self._pool.succeeded(candidate, now=now, tokens=tokens)
        elif result.failure is None or is_excused:
            self._pool.abandoned(candidate, now=now, tokens=tokens)
        elif _lacks_the_operation(exchange, result.failure):
            self._lasting.lacked.note(candidate, exchange.operation, now=now)
            self._pool.abandoned(candidate, now=now, tokens=tokens)
        else:
            self._pool.failed(candidate, result.failure, now=now, used=used, tokens=tokens)
        self._pool.spoken(exchange.conversation_key)
        self._lines.freed()

    def _refused(self, exchange: Exchange, candidate: Candidate, failure: Failure) -> UpstreamError:
        upstream = exchange.plan.targets[candidate].endpoint.dialect
        body = failure.body if upstream == exchange.dialect.name else b""
        return UpstreamError(failure, status=status_of(failure), message=failure.message, body=body)


def _came(result: Result) -> str:
    match result.outcome:
        case Outcome.SUCCEEDED:
            return "answered"
        case Outcome.FAILED:
            return "refused"
        case Outcome.ABANDONED:
            return "left"


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


def _is_eased(exchange: Exchange, failure: Failure) -> bool:
    """Tell whether the same account can be asked again for less: without proofs, or without relying on its memory."""
    if VERDICTS[failure.kind] is Next.WITHOUT_PROOFS and not exchange.without_proofs:
        exchange.without_proofs = True
        return True
    if exchange.before is not None and not exchange.is_forgotten and "previous_response" in failure.code:
        exchange.is_forgotten = True
        return True
    return False
