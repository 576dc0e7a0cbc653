"""
One answer -> what it says of quotas, by the order in which evidence counts.

    what the plan does not cover, a window that says of itself that it refuses, a spent one that is named, money, an
    overload, a minute's limit that is named, a counter at zero, a wait that was asked for; else nobody knows

Metric words beat reasons, reasons beat messages, messages beat delays: `PerDay` beside "retry in 38 s" is spent.

Source: `reference` sheet `quota`, sections 2.2 and 2.4 (read 2026-11-21).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence

from msgspec import Struct

from cliproxy.credentials.quota import ALLOWED, REFILL, REJECTED, WARNING, QuotaWindow, is_plausible, rests
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import DAY, LONGEST_THROTTLE, asked, asked_in_headers
from cliproxy.providers.diagnosis.told import Told


class Kind(enum.Enum):
    """What an answer says of quotas."""

    OK = "ok"  # nothing is wrong with them
    THROTTLE = "throttle"  # a short limit
    SPENT = "spent"  # one that lasts
    BILLING = "billing"
    OVERLOADED = "overloaded"
    ENTITLEMENT = "entitlement"  # the plan does not cover it
    POLL_THROTTLED = "poll_throttled"  # by a usage endpoint, which says nothing of anything else
    UNKNOWN = "unknown"  # a limit without evidence


class Claim(Struct, frozen=True, gc=False):
    """What one sign in a refusal says it is."""

    kind: Kind
    scope: str = "model"
    until: float | None = None  # unix time
    weak: bool = False  # a code that many limits share; counters know better


class Verdict(Struct, frozen=True, gc=False):
    """What one answer means for who may be asked."""

    kind: Kind
    scope: str = "none"  # as in `Failure`
    rests_until: float | None = None  # unix time, stated and to be believed; None: the ladder decides


OK = Verdict(Kind.OK)

_LONGEST_REST_ELSEWHERE = DAY  # that an address which is not the vendor's can ask for


def judged(
    observation: Observation, told: Told, windows: Sequence[QuotaWindow], claims: Sequence[Claim], *, is_limit: bool
) -> Verdict:
    """
    Return the verdict on one answer.

    Args:
        observation: The answer.
        told: Its body.
        windows: What it says of windows.
        claims: What its signs say it is.
        is_limit: It is a limit of some kind, by status or code, though it may not say which.
    """
    if observation.polled:
        return _of_poll(observation, windows)
    if not claims and not is_limit:
        return OK
    verdict = (
        _of_claim(_first(claims, Kind.ENTITLEMENT))
        or _of_rejected(observation, windows, _first(claims, Kind.SPENT))
        or _of_spent(_first(claims, Kind.SPENT), observation)
        or _of_claim(_first(claims, Kind.BILLING))
        or _of_overload(_first(claims, Kind.OVERLOADED), observation)
        or _of_throttle(_first(claims, Kind.THROTTLE), observation, told, windows)
        or _of_counters(observation, told, windows)
        or _of_throttle(_first(claims, Kind.THROTTLE, weak=True), observation, told, windows)
        or _of_wait(asked(observation, told), "model", observation.now)
        or Verdict(Kind.UNKNOWN, "model")
    )
    if observation.third_party and verdict.rests_until is not None:
        latest = observation.now + _LONGEST_REST_ELSEWHERE
        return Verdict(verdict.kind, verdict.scope, min(verdict.rests_until, latest))
    return verdict


def scope_of(window: QuotaWindow) -> str:
    """Return the scope of a verdict on a window: what was called is the model of any model's window."""
    return "model" if window.rests.startswith("model") else window.rests


def _first(claims: Iterable[Claim], kind: Kind, *, weak: bool = False) -> Claim | None:
    return next((claim for claim in claims if claim.kind is kind and claim.weak is weak), None)


def _of_poll(observation: Observation, windows: Sequence[QuotaWindow]) -> Verdict:
    if observation.status >= 400:
        return Verdict(Kind.POLL_THROTTLED) if observation.status in (429, 503) else OK
    spent = rests(windows, now=observation.now)
    if not spent:
        return OK
    scope = "account" if "account" in spent else max(spent, key=lambda one: spent[one] or 0.0)
    return Verdict(Kind.OK, scope, spent[scope])


def _of_claim(claim: Claim | None) -> Verdict | None:
    return Verdict(claim.kind, claim.scope, claim.until) if claim else None


def _of_rejected(observation: Observation, windows: Sequence[QuotaWindow], claim: Claim | None) -> Verdict | None:
    """An account's own windows decide before those of some models; of several the latest reset."""
    rejected = [window for window in windows if window.status == REJECTED and window.base != "overage"]
    is_paid_for = any(window.base == "overage" and window.status in (ALLOWED, WARNING) for window in windows)
    if not rejected or is_paid_for:
        return None  # who pays for more is not refused by a window
    wide = [window for window in rejected if window.rests == "account"]
    decisive = wide or [window for window in rejected if window.scope == rejected[0].scope]
    until = _latest(decisive, observation)
    if until is None and claim is not None and is_plausible(claim.until, observation.now, None):
        until = claim.until
    return Verdict(Kind.SPENT, scope_of(decisive[0]), until)


def _of_spent(claim: Claim | None, observation: Observation) -> Verdict | None:
    if claim is None:
        return None
    believed = is_plausible(claim.until, observation.now, None)
    return Verdict(Kind.SPENT, claim.scope, claim.until if believed else None)


def _of_overload(claim: Claim | None, observation: Observation) -> Verdict | None:
    if claim is None:
        return None
    wait = asked_in_headers(observation)
    until = observation.now + wait if wait and wait <= LONGEST_THROTTLE else None
    return Verdict(Kind.OVERLOADED, claim.scope, until)


def _of_throttle(
    claim: Claim | None, observation: Observation, told: Told, windows: Sequence[QuotaWindow]
) -> Verdict | None:
    if claim is None:
        return None
    wait = asked(observation, told)
    if wait is None:
        return Verdict(Kind.THROTTLE, claim.scope, _soon(_empty(windows), observation.now))
    return _of_wait(wait, claim.scope, observation.now)


def _of_counters(observation: Observation, told: Told, windows: Sequence[QuotaWindow]) -> Verdict | None:
    """
    Judge by counters that stand at zero.

    A slot of a bucket comes back long before all of it does, so a short wait that is asked for beside one is believed.
    """
    empty = _empty(windows)
    if not empty:
        return None
    wait = asked(observation, told)
    slot_comes = wait is not None and wait <= LONGEST_THROTTLE
    lasting = [
        window
        for window in empty
        if (window.resets_at or 0) - observation.now > LONGEST_THROTTLE
        and (window.period or 0) > LONGEST_THROTTLE
        and not (slot_comes and window.reset_kind == REFILL)
    ]
    if lasting:
        return Verdict(Kind.SPENT, scope_of(lasting[0]), _latest(lasting, observation))
    until = observation.now + wait if wait is not None and slot_comes else _soon(empty, observation.now)
    return Verdict(Kind.THROTTLE, "model", until)


def _of_wait(wait: float | None, scope: str, now: float) -> Verdict | None:
    """Judge by the wait that was asked for: who must wait for long has used something up."""
    if wait is None:
        return None
    kind = Kind.THROTTLE if wait <= LONGEST_THROTTLE else Kind.SPENT
    return Verdict(kind, scope, now + wait if is_plausible(now + wait, now, None) else None)


def _empty(windows: Iterable[QuotaWindow]) -> list[QuotaWindow]:
    return [window for window in windows if window.remaining == 0 and window.limit != 0 and window.base != "credits"]


def _soon(windows: Iterable[QuotaWindow], now: float) -> float | None:
    """Return when the last of these counters starts anew, of those that do soon."""
    resets = (window.resets_at for window in windows)
    return max((at for at in resets if at is not None and now < at <= now + LONGEST_THROTTLE), default=None)


def _latest(windows: Iterable[QuotaWindow], observation: Observation) -> float | None:
    believed = [window for window in windows if is_plausible(window.resets_at, observation.now, window.period)]
    return max((window.resets_at for window in believed if window.resets_at is not None), default=None)
