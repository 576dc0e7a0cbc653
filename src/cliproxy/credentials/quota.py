"""
What is left of an account and until when, in windows that replies and usage endpoints tell of.

    5h  day  week  month  plan (of a length nobody said)      a plan's own windows
    requests/min  tokens/day  spend/month  requests/?         counted ones: a unit and a period
    overage  credits                                          money
    week@fable  plan@gemini-2.5-pro  5h@codex_bengalfox       the same, of some models or one meter only

Windows are observed; they rest nobody by themselves. Only a refusal does, or a usage endpoint that shows one spent.

Source: `reference` sheet `quota`, part 2 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

MOST_WINDOWS = 64  # of one account
WORTH_NOTICING_FALL = 0.1  # of what was used

ALLOWED, WARNING, REJECTED = "allowed", "warning", "rejected"
FULL, REFILL = "full", "refill"  # at its reset the count starts anew; a bucket that fills all along is full again
HEADER, BODY, ENDPOINT, EVENT = "header", "body", "endpoint", "event"
STATED, DERIVED, GUESS = "stated", "derived", "guess"

_LONGEST_UNNAMED = 8 * 86_400.0  # seconds
_LONGEST = 31 * 86_400.0  # seconds; no window was ever longer than a month
_SLACK = 300.0  # seconds that a reset may miss the window's length by
_SLACK_SHARE = 0.02  # of its length, where that is more
_MONEY = ("overage", "credits")
_ACCOUNT_WIDE = ("account", "key")


class QuotaWindow(Struct, frozen=True, gc=False):
    """One window of one account as it was seen. What was not said is None or empty; missing is not zero."""

    name: str
    scope: str = "account"  # `key`, `model`, `project+model` (the model called), `model:<id>`, `group:<id>`
    model: str = ""  # the one called, where the scope means it
    unit: str = ""
    period: float | None = None  # seconds
    limit: float | None = None
    used: float | None = None
    remaining: float | None = None
    used_fraction: float | None = None  # from 0; above 1 where more was given than was promised
    status: str = ""  # `allowed`, `warning`, `rejected`
    resets_at: float | None = None  # unix time, as stated, believable or not
    reset_kind: str = ""  # `full` or `refill`
    observed_at: float = 0.0  # unix time at which the bytes came
    source: str = HEADER
    confidence: str = STATED

    @property
    def base(self) -> str:
        """Its name without group, model or meter."""
        return self.name.partition("@")[0]

    @property
    def rests(self) -> str:
        """The scope in which a credential rests while this is spent: as in `Failure`, or `model:<id>`."""
        if self.scope in _ACCOUNT_WIDE:
            return "account"
        if self.scope == "model" and self.model:
            return f"model:{self.model}"
        return "project" if self.scope == "project+model" else self.scope

    def is_spent(self, now: float) -> bool:
        """Tell whether nothing is left, as far as is known. Money never is: it only pays for what is over a window."""
        if self.base in _MONEY or (self.resets_at is not None and self.resets_at <= now):
            return False
        return self.status == REJECTED or (self.used_fraction is not None and self.used_fraction >= 1)


def merged(known: Iterable[QuotaWindow], seen: Iterable[QuotaWindow], *, now: float) -> tuple[QuotaWindow, ...]:
    """
    Return an account's windows after an observation: the newest counts, in what it says; what is over is unknown.

    An observation that comes late is dropped. Vendors correct downwards, so the higher figure is not the truer one.
    """
    seen = tuple(seen)
    windows = {_key(window): window for window in known if not _is_superseded(window, seen)}
    for window in seen:
        key = _key(window)
        older = windows.get(key)
        if older is None:
            windows[key] = window
        elif window.observed_at >= older.observed_at:
            windows[key] = _filled(window, passed(older, window.observed_at))
    kept = [passed(window, now) for window in windows.values()]
    if len(kept) > MOST_WINDOWS:
        kept = sorted(kept, key=lambda window: -window.observed_at)[:MOST_WINDOWS]
    return tuple(kept)


def passed(window: QuotaWindow, now: float) -> QuotaWindow:
    """
    Return a window as it is known at a later time: after its reset nothing is, also not that it is empty.

    One whose reset was not stated, or was over by then, is known for as long as it lasts.
    """
    ends = window.resets_at
    if ends is None or ends <= window.observed_at:
        ends = window.observed_at + (window.period or _LONGEST_UNNAMED)
    if now < ends:
        return window
    return replace(
        window,
        used=None,
        remaining=None,
        used_fraction=None,
        status="",
        resets_at=None,
        reset_kind="",
        confidence=GUESS,
    )


def freed(known: Sequence[QuotaWindow], after: Sequence[QuotaWindow], *, now: float) -> frozenset[str]:
    """
    Return the scopes in which a rest has lost its cause: a window spent there was seen again, and is not.

    Args:
        known: The windows before an observation.
        after: The same, with it.
        now: Unix time.
    """
    fresh = {_key(window): window for window in after}
    causes = {window.rests for window in after if window.is_spent(now)}
    better: set[str] = set()
    for window in known:
        newer = fresh.get(_key(window))
        was_seen = newer.observed_at > window.observed_at if newer else _is_superseded(window, after)
        if was_seen and window.is_spent(window.observed_at) and window.rests not in causes:
            better.add(window.rests)
    return frozenset(better)


def rests(windows: Sequence[QuotaWindow], *, now: float) -> dict[str, float | None]:
    """
    Return what must rest because a usage endpoint shows it spent: by scope, until which unix time; None: not stated.

    Nothing does while more than the plan's share may be bought.
    """
    if any(_may_be_bought(window) for window in windows):
        return {}
    found: dict[str, float | None] = {}
    for window in windows:
        if window.source == ENDPOINT and window.is_spent(now):
            until = window.resets_at if is_plausible(window.resets_at, now, window.period) else None
            earlier = found.get(window.rests)
            found[window.rests] = until if earlier is None else max(earlier, until or 0.0)
    return found


def is_plausible(time: float | None, now: float, period: float | None) -> bool:
    """Tell whether a stated reset can be believed: it lies ahead, and not further than the window is long."""
    if time is None or time <= now:
        return False
    if period is None:
        return time <= now + _LONGEST_UNNAMED
    longest = min(period, _LONGEST)
    return time <= now + longest + max(_SLACK, longest * _SLACK_SHARE)


def _key(window: QuotaWindow) -> tuple[str, str, str]:
    return window.name, window.scope, window.model


def _is_superseded(window: QuotaWindow, seen: Iterable[QuotaWindow]) -> bool:
    """Tell whether a refusal's window, of which nobody said how long it is, is one of those that were seen later."""
    if window.base != "plan" or window.source != BODY:
        return False
    return any(
        newer.scope == window.scope and newer.period is not None and newer.observed_at > window.observed_at
        for newer in seen
    )


def _filled(newer: QuotaWindow, older: QuotaWindow) -> QuotaWindow:
    """What the newer one does not say is taken from the older: use, reset and size each for itself."""
    changes: dict[str, object] = {}
    if newer.used is None and newer.remaining is None and newer.used_fraction is None and not newer.status:
        changes |= {
            "used": older.used,
            "remaining": older.remaining,
            "used_fraction": older.used_fraction,
            "status": older.status,
        }
    if newer.resets_at is None and not _has_fallen(older, newer):
        changes |= {"resets_at": older.resets_at, "reset_kind": older.reset_kind}
    if newer.limit is None:
        changes["limit"] = older.limit
    if newer.period is None:
        changes["period"] = older.period
    return replace(newer, **changes) if changes else newer


def _has_fallen(older: QuotaWindow, newer: QuotaWindow) -> bool:
    if older.used_fraction is None or newer.used_fraction is None:
        return False
    return older.used_fraction - newer.used_fraction > WORTH_NOTICING_FALL


def _may_be_bought(window: QuotaWindow) -> bool:
    if window.base != "overage" or window.status == REJECTED:
        return False
    return bool(window.status) or (window.used_fraction is not None and window.used_fraction < 1)
