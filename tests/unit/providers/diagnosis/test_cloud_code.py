"""Usage endpoints of Gemini CLI and Antigravity."""

from __future__ import annotations

import pytest

from cliproxy.credentials.quota import rests
from cliproxy.providers.diagnosis.cloud_code import antigravity_groups
from cliproxy.providers.diagnosis.reading import CLOUD_CODE
from tests.unit.providers.diagnosis.observing import NOW, polled

SOON, PAST = "2027-01-15T09:00:00Z", "2027-01-15T07:00:00Z"


def test_groups_of_antigravity() -> None:
    """Named as the endpoint names them, so that one refused model tells of the others."""
    assert antigravity_groups("gemini-3-pro") == ("gemini-models",)
    assert antigravity_groups("claude-sonnet-4-5") == antigravity_groups("gpt-oss-120b") == ("claude-and-gpt-models",)


def test_of_several_buckets_the_emptiest_counts() -> None:
    buckets = [
        {"modelId": "m", "remainingFraction": 0.9, "remainingAmount": "90"},
        {"modelId": "m", "remainingFraction": 0.2, "remainingAmount": "20", "resetTime": SOON},
        {"modelId": "none", "remainingFraction": 0, "resetTime": SOON},
        {"remainingFraction": 0},
    ]
    found = polled(CLOUD_CODE, {"buckets": buckets})

    assert found["plan@m"].used_fraction == pytest.approx(0.8)
    assert found["plan@m"].limit == 100
    assert found["plan@none"].limit is None  # it cannot be computed from nothing
    assert rests(list(found.values()), now=NOW) == {"model:none": NOW + 3_600}


def test_a_summary_in_the_spellings_of_local_servers() -> None:
    buckets = [
        {"bucketId": "gemini-5h", "remaining": {"case": "remainingFraction", "value": 0.25}},
        {"bucketId": "gemini-weekly", "remainingFraction": "82%", "resetTime": SOON},
        {"bucketId": "gemini-weekly", "remainingFraction": 0, "disabled": True},
        {"bucketId": "gemini-odd"},
    ]
    found = polled(CLOUD_CODE, {"response": {"groups": [{"displayName": "Gemini Models", "buckets": buckets}]}})

    assert {name: window.used_fraction for name, window in found.items()} == {
        "5h@gemini-models": 0.75,
        "week@gemini-models": pytest.approx(0.18),
        "plan@gemini-models": None,
    }


@pytest.mark.parametrize(
    ("info", "used"),
    [
        ({"remainingFraction": 0.4}, 0.6),
        ({"resetTime": SOON}, 1),
        ({"resetTime": PAST}, None),
        ({"x": 1}, None),
    ],
)
def test_a_share_left_out_is_spent_or_unknown(info: dict[str, object], used: float | None) -> None:
    """Zero is never written, and models without a quota have none either: a reset ahead tells them apart."""
    window = polled(CLOUD_CODE, {"models": {"m": {"quotaInfo": info}, "other": {}}})["5h@m"]

    assert window.used_fraction == (None if used is None else pytest.approx(used))
