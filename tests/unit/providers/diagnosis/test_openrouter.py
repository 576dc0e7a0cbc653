"""OpenRouter."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.errors import FailureKind
from cliproxy.providers.diagnosis.openrouter import groups
from cliproxy.providers.diagnosis.reading import COMPATIBLE
from tests.unit.providers.diagnosis.observing import NOW, polled, refused


def test_free_models_share_a_window() -> None:
    assert groups("nvidia/nemotron-3:free") == ("free",)
    assert groups("openai/gpt-5") == ()


def test_a_minute_of_free_models_is_short() -> None:
    """The counters come in the body, or beside it."""
    reset = f"{NOW + 30:.0f}000"
    counters = {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    error: dict[str, Any] = {"message": "Rate limit exceeded: free-models-per-min.", "code": 429}
    within = refused(429, {"error": {**error, "metadata": {"headers": counters}}})
    beside = refused(429, {"error": error}, counters)

    for failure in (within, beside):
        assert (failure.kind, failure.scope) == (FailureKind.RATE_LIMITED, "group:free")
        assert failure.rests_until == NOW + 30


@pytest.mark.parametrize(
    ("status", "metadata", "kind"),
    [
        (402, {}, FailureKind.BILLING),
        (402, {"limit_source": "openrouter_key_limit"}, FailureKind.BILLING),
        (402, {"limit_source": "openrouter_in_flight_budget"}, FailureKind.RATE_LIMITED),
        (503, {"provider_name": "X", "raw": "busy"}, FailureKind.OVERLOADED),
        (400, {"provider_name": "X", "raw": "bad"}, FailureKind.BAD_REQUEST),
        (403, {"provider_name": "X", "raw": "moderated"}, FailureKind.FORBIDDEN),
    ],
)
def test_whose_refusal_it_is(status: int, metadata: dict[str, str], kind: FailureKind) -> None:
    """A provider behind it that is busy says nothing of the key."""
    assert refused(status, {"error": {"message": "m", "code": status, "metadata": metadata}}).kind is kind


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"limit": None, "limit_remaining": None}, set()),
        ({"limit": 10, "limit_remaining": 4, "limit_reset": None}, {"spend/?"}),
        ({"limit": 10, "limit_remaining": -4, "limit_reset": "weekly"}, {"spend/week"}),
        ({"rate_limit": {"requests": -1}}, set()),
    ],
)
def test_what_a_key_may_spend(data: dict[str, Any], names: set[str]) -> None:
    """Null is no cap."""
    found = polled(COMPATIBLE, {"data": data})

    assert set(found) == names
