"""What is left of an account, as one observation follows another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.credentials.quota import (
    ALLOWED,
    BODY,
    ENDPOINT,
    GUESS,
    MOST_WINDOWS,
    REJECTED,
    QuotaWindow,
    freed,
    is_plausible,
    merged,
    passed,
    rests,
)

NOW = 1_800_000_000.0
HOUR, DAY = 3_600.0, 86_400.0


def window(name: str = "week", **fields: Any) -> QuotaWindow:
    return QuotaWindow(name, **{"observed_at": NOW, **fields})


def over(name: str = "week", **fields: Any) -> QuotaWindow:
    return window(name, **{"used_fraction": 1.0, "status": REJECTED, "resets_at": NOW + DAY, **fields})


def only(windows: tuple[QuotaWindow, ...]) -> QuotaWindow:
    (found,) = windows
    return found


def test_the_newest_observation_counts() -> None:
    """Vendors correct downwards, so the highest is not the truest; and slow answers come late."""
    known = [window(used_fraction=0.6)]

    assert only(merged(known, [window(used_fraction=0.5, observed_at=NOW + 1)], now=NOW)).used_fraction == 0.5
    assert only(merged(known, [window(used_fraction=0.5, observed_at=NOW - 1)], now=NOW)).used_fraction == 0.6


def test_what_the_newer_one_does_not_say_stays() -> None:
    """A limit is told once, and a reset not by everybody."""
    known = [window(used_fraction=0.4, limit=100, period=DAY, resets_at=NOW + HOUR)]
    silent = only(merged(known, [window(observed_at=NOW + 1)], now=NOW + 1))
    spoken = only(merged(known, [window(observed_at=NOW + 1, used_fraction=0.5)], now=NOW + 1))

    assert (silent.used_fraction, silent.limit, silent.period, silent.resets_at) == (0.4, 100, DAY, NOW + HOUR)
    assert (spoken.used_fraction, spoken.resets_at) == (0.5, NOW + HOUR)


def test_a_fresh_window_takes_no_reset_from_the_one_before() -> None:
    """It has not begun, so nobody can say when it ends."""
    after = only(merged([over()], [window(observed_at=NOW + 1, used_fraction=0.0)], now=NOW + 1))

    assert (after.used_fraction, after.status, after.resets_at) == (0.0, "", None)


def test_after_its_reset_a_window_is_unknown() -> None:
    """Neither full, which would keep a good account waiting, nor empty, which would send everybody there at once."""
    later = only(merged([over(limit=100, remaining=0)], [], now=NOW + DAY))

    assert (later.used_fraction, later.status, later.resets_at, later.remaining) == (None, "", None, None)
    assert (later.limit, later.confidence) == (100, GUESS)
    assert passed(over(), NOW + DAY - 1) == over()


def test_a_reset_that_was_over_when_it_was_stated_says_nothing() -> None:
    """A bucket that is full again by the time its answer arrives still counts what it counted."""
    past = window("requests/min", remaining=999, resets_at=NOW)

    assert only(merged([], [past], now=NOW)).remaining == 999


def test_a_window_without_a_reset_is_not_spent_for_ever() -> None:
    """A minute's counter at zero is old news after a minute, also where nobody says when it starts anew."""
    counter = window("requests/min", period=60.0, limit=10, remaining=0, used_fraction=1.0)
    week = over(resets_at=None)

    assert passed(counter, NOW + 59) == counter
    assert passed(counter, NOW + 60).used_fraction is None
    assert passed(week, NOW + 8 * DAY - 1) == week
    assert not passed(week, NOW + 8 * DAY).is_spent(NOW + 8 * DAY)


def test_one_account_keeps_so_many_windows() -> None:
    """The newest; whoever names a new one with each answer costs no memory."""
    known: tuple[QuotaWindow, ...] = ()
    for number in range(3 * MOST_WINDOWS):
        known = merged(known, [window(f"plan@{number}", observed_at=NOW + number)], now=NOW)

    assert len(known) == MOST_WINDOWS
    assert {one.name for one in known} == {f"plan@{number}" for number in range(2 * MOST_WINDOWS, 3 * MOST_WINDOWS)}


def test_windows_of_two_models_are_two() -> None:
    first, second = (window("tokens/min", scope="model", model=model, remaining=1) for model in ("a", "b"))

    assert merged([first], [second], now=NOW) == (first, second)


def test_a_rest_loses_its_cause() -> None:
    """A spent window that is seen again and has something left."""
    better = merged([over()], [window(used_fraction=0.02, observed_at=NOW + 60)], now=NOW + 60)
    as_before = merged([over()], [over(observed_at=NOW + 60)], now=NOW + 60)
    other = merged([over()], [window("5h", used_fraction=0.02, observed_at=NOW + 60)], now=NOW + 60)

    assert freed([over()], better, now=NOW + 60) == {"account"}
    assert freed([over()], as_before, now=NOW + 60) == frozenset()
    assert freed([over()], other, now=NOW + 60) == frozenset()


def test_one_model_s_counter_frees_that_model() -> None:
    """Another model's was not seen, and may still be at zero."""
    known = [over("requests/day", scope="model", model=model) for model in ("a", "b")]
    seen = window("requests/day", scope="model", model="a", used_fraction=0.5, observed_at=NOW + 60)

    assert freed(known, merged(known, [seen], now=NOW + 60), now=NOW + 60) == {"model:a"}


def test_a_rest_with_another_cause_stays() -> None:
    known = [over(), over("5h")]
    after = merged(known, [window(used_fraction=0.02, observed_at=NOW + 60)], now=NOW + 60)

    assert freed(known, after, now=NOW + 60) == frozenset()


def test_a_refusal_s_nameless_window_is_one_of_those_seen_later() -> None:
    """It was spent; then its like of a known length is seen, and none of them is."""
    nameless = over("plan", source=BODY)
    after = merged([nameless], [window(used_fraction=0.1, period=7 * DAY, observed_at=NOW + 60)], now=NOW + 60)

    assert [one.name for one in after] == ["week"]
    assert freed([nameless], after, now=NOW + 60) == {"account"}
    assert len(merged([nameless], [window(period=7 * DAY)], now=NOW)) == 2  # of the same answer


@pytest.mark.parametrize(
    ("windows", "found"),
    [
        ([over(source=ENDPOINT)], {"account": NOW + DAY}),
        ([over()], {}),  # of a reply: only a refusal rests
        ([over(source=ENDPOINT, resets_at=NOW + 30 * DAY)], {"account": None}),
        ([over(source=ENDPOINT), over("5h", source=ENDPOINT, resets_at=NOW + 2 * DAY)], {"account": NOW + 2 * DAY}),
        ([over("week@a", scope="group:a", source=ENDPOINT)], {"group:a": NOW + DAY}),
        ([over("spend/month", scope="key", source=ENDPOINT)], {"account": NOW + DAY}),
        ([over(source=ENDPOINT), window("overage", status=ALLOWED)], {}),
        ([over(source=ENDPOINT), window("overage", status=REJECTED)], {"account": NOW + DAY}),
        ([over("credits", source=ENDPOINT)], {}),
    ],
)
def test_what_a_usage_endpoint_lets_rest(windows: list[QuotaWindow], found: dict[str, float | None]) -> None:
    assert rests(windows, now=NOW) == found


@pytest.mark.parametrize(
    ("ahead", "period", "believed"),
    [
        (0, None, False),
        (-1, HOUR, False),
        (1, None, True),
        (8 * DAY, None, True),
        (8 * DAY + 1, None, False),
        (HOUR + 300, HOUR, True),
        (HOUR + 301, HOUR, False),
        (30.6 * DAY, 30 * DAY, True),
        (31 * DAY, 30 * DAY, False),
        (40 * DAY, 365 * DAY, False),
    ],
)
def test_which_resets_are_believed(ahead: float, period: float | None, believed: bool) -> None:
    """Rests of 18 and 30 days came of taking any time for one."""
    assert is_plausible(NOW + ahead, NOW, period) is believed
    assert not is_plausible(None, NOW, period)


shares = st.none() | st.sampled_from([0.0, 0.5, 1.0, 1.3])
times = st.none() | st.floats(NOW - DAY, NOW + DAY)
windows_seen = st.builds(
    QuotaWindow,
    name=st.sampled_from(["5h", "week", "plan", "overage"]),
    used_fraction=shares,
    status=st.sampled_from(["", ALLOWED, REJECTED]),
    resets_at=times,
    observed_at=st.floats(NOW - DAY, NOW),
    source=st.sampled_from([BODY, ENDPOINT]),
)


@given(st.lists(windows_seen, max_size=8), st.floats(NOW, NOW + 2 * DAY))
def test_laws_of_merging(seen: list[QuotaWindow], now: float) -> None:
    """Twice the same is once; one window of a name; and nothing is spent for ever."""
    once = merged([], seen, now=now)

    assert merged(once, once, now=now) == once
    assert len({one.name for one in once}) == len(once)
    assert freed(once, once, now=now) == frozenset()
    for one in once:
        assert not passed(one, NOW + 8 * DAY).is_spent(NOW + 8 * DAY)
