"""The order in which evidence counts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from cliproxy.credentials.quota import ALLOWED, FULL, REFILL, REJECTED, QuotaWindow
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.told import told
from cliproxy.providers.diagnosis.verdict import OK, Claim, Kind, Verdict, judged
from tests.unit.providers.diagnosis.observing import NOW, observed

REFUSED = observed(429)
WEEK = QuotaWindow("week", period=604_800.0, status=REJECTED, resets_at=NOW + 500)
FABLE = QuotaWindow("week@fable", scope="group:fable", period=604_800.0, status=REJECTED, resets_at=NOW + 900)
EMPTY = QuotaWindow("requests/hour", scope="key", period=3_600.0, limit=10, remaining=0, reset_kind=FULL)


def verdict(
    windows: Sequence[QuotaWindow] = (), claims: Sequence[Claim] = (), observation: Observation = REFUSED
) -> Verdict:
    return judged(observation, told(observation.body), windows, claims, is_limit=True)


def test_evidence_in_its_order() -> None:
    """Take the strongest away, and the next decides."""
    claims = [Claim(kind, kind.value) for kind in (Kind.THROTTLE, Kind.OVERLOADED, Kind.BILLING, Kind.SPENT)]
    claims += [Claim(Kind.ENTITLEMENT, "entitlement"), Claim(Kind.THROTTLE, "weak", weak=True)]
    windows = [replace(EMPTY, resets_at=NOW + 1_800), WEEK]
    answer = observed(429, headers={"retry-after": "5"})
    order: list[tuple[Kind, str]] = []
    while claims or windows:
        found = verdict(windows, claims, answer)
        order.append((found.kind, found.scope))
        if found.scope == "account" and windows:
            windows.pop()
        else:
            claims = [claim for claim in claims if claim.scope != found.scope]

    assert order == [
        (Kind.ENTITLEMENT, "entitlement"),
        (Kind.SPENT, "account"),  # by a window that refuses
        (Kind.SPENT, "spent"),
        (Kind.BILLING, "billing"),
        (Kind.OVERLOADED, "overloaded"),
        (Kind.THROTTLE, "throttle"),
        (Kind.SPENT, "account"),  # by a counter
        (Kind.THROTTLE, "weak"),
    ]
    assert verdict((), (), answer) == Verdict(Kind.THROTTLE, "model", NOW + 5)
    assert verdict() == Verdict(Kind.UNKNOWN, "model")


@pytest.mark.parametrize(
    ("windows", "scope", "until"),
    [
        ([WEEK, FABLE], "account", NOW + 500),
        ([FABLE, replace(WEEK, status=ALLOWED)], "group:fable", NOW + 900),
        ([WEEK, replace(WEEK, name="5h", period=18_000.0, resets_at=NOW + 700)], "account", NOW + 700),
        ([replace(WEEK, resets_at=NOW + 18 * 86_400)], "account", None),
        ([replace(WEEK, resets_at=None)], "account", None),
        ([replace(FABLE, scope="model:m")], "model", NOW + 900),
        ([replace(FABLE, scope="project+model")], "project", NOW + 900),
    ],
)
def test_windows_that_refuse(windows: list[QuotaWindow], scope: str, until: float | None) -> None:
    """The account's own decide before a family's; a reset further off than the window is long is a mistake."""
    assert verdict(windows) == Verdict(Kind.SPENT, scope, until)


@pytest.mark.parametrize(
    ("resets_in", "period", "kind"),
    [(301, 3_600, Kind.SPENT), (300, 3_600, Kind.THROTTLE), (1_000, 300, Kind.THROTTLE), (301, None, Kind.THROTTLE)],
)
def test_a_counter_at_zero_is_spent_or_short(resets_in: float, period: float | None, kind: Kind) -> None:
    """Both its length and what is left of it must be more than five minutes."""
    assert verdict([replace(EMPTY, period=period, resets_at=NOW + resets_in)]).kind is kind


def test_a_wait_beside_a_bucket_is_a_slot() -> None:
    """A count that starts anew has none, so a short wait beside it is wrong."""
    answer = observed(429, headers={"retry-after": "5"})
    bucket = replace(EMPTY, resets_at=NOW + 1_800, reset_kind=REFILL)

    assert verdict([bucket], (), answer) == Verdict(Kind.THROTTLE, "model", NOW + 5)
    assert verdict([replace(bucket, reset_kind=FULL)], (), answer) == Verdict(Kind.SPENT, "account", NOW + 1_800)


def test_a_limit_of_zero_is_no_counter_at_zero() -> None:
    assert verdict([replace(EMPTY, limit=0)]).kind is Kind.UNKNOWN


def test_another_address_asks_for_no_more_than_a_day() -> None:
    elsewhere = Observation(429, {}, b"", NOW, third_party=True)

    assert verdict([replace(WEEK, resets_at=NOW + 400_000)], (), elsewhere).rests_until == NOW + 86_400
    assert verdict([WEEK], (), elsewhere).rests_until == NOW + 500


@pytest.mark.parametrize(
    ("status", "found"),
    [(429, Verdict(Kind.POLL_THROTTLED)), (503, Verdict(Kind.POLL_THROTTLED)), (401, OK), (200, OK)],
)
def test_a_refused_poll_says_nothing_of_the_account(status: int, found: Verdict) -> None:
    assert verdict((), (), observed(status, polled=True)) == found


def test_a_poll_that_shows_nothing_left_rests_its_scope() -> None:
    """The widest, where several are over."""
    over = replace(FABLE, source="endpoint")
    answer = observed(200, polled=True)

    assert verdict([over], (), answer) == Verdict(Kind.OK, "group:fable", NOW + 900)
    assert verdict([over, replace(WEEK, source="endpoint")], (), answer) == Verdict(Kind.OK, "account", NOW + 500)


def test_no_sign_of_a_limit_is_none() -> None:
    assert judged(observed(500), told(b""), [WEEK], (), is_limit=False) == OK
