"""Billing of an xAI account."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.providers.diagnosis.reading import XAI
from tests.unit.providers.diagnosis.observing import NOW, polled

END = "2027-01-15T09:00:00Z"


def test_week_and_month_have_two_clocks() -> None:
    """They come in two answers; a period without a percentage is not an empty one."""
    week = polled(XAI, {"config": {"currentPeriod": {"end": END}, "creditUsagePercent": 12.5}})
    month = polled(
        XAI,
        {
            "config": {
                "monthlyLimit": {"val": 2000},
                "used": {"val": 500},
                "onDemandCap": {"val": 100},
                "onDemandUsed": {"val": 100},
                "billingPeriodEnd": "2027-02-01T00:00:00Z",
            }
        },
    )

    assert week["week"].used_fraction == pytest.approx(0.125)
    assert week["week"].resets_at == NOW + 3_600
    assert polled(XAI, {"config": {"currentPeriod": {"end": END}}})["week"].used_fraction is None
    assert month["month"].used_fraction == 0.25
    assert (month["overage"].used_fraction, month["overage"].status) == (1, "")


@pytest.mark.parametrize("body", [{}, {"config": 5}, {"config": {"currentPeriod": {}, "monthlyLimit": {"val": 0}}}])
def test_nothing_is_told(body: Any) -> None:
    assert polled(XAI, body) == {}
