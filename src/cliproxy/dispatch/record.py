"""The usage record of an attempt."""

from __future__ import annotations

from cliproxy.credentials.credential import Candidate
from cliproxy.dispatch.exchange import Exchange
from cliproxy.dispatch.result import Result
from cliproxy.errors import Failure, FailureKind
from cliproxy.usage.record import UsageRecord


def record_of(
    exchange: Exchange, candidate: Candidate, account: str, number: int, started: float, now: float, result: Result
) -> UsageRecord:
    """Return what one attempt used, and what it came to."""
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
        reason=_reason(result.failure),
        account=account,
        losses=result.losses,
        dialect=exchange.dialect.name,
        upstream_dialect=target.endpoint.dialect,
    )


def _reason(failure: Failure | None) -> str:
    """Return why an upstream was not reached. What upstreams say themselves may repeat a prompt, so it is left out."""
    if failure is None or failure.kind is not FailureKind.UNREACHABLE or failure.body:
        return ""
    return failure.message
