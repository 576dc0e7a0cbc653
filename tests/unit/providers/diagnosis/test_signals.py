"""What is read of which answer."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.reading import ANTHROPIC, COMPATIBLE
from cliproxy.providers.diagnosis.verdict import OK, Kind
from tests.unit.providers.diagnosis.observing import NOW, observed, windows_of

COUNTERS = {"RateLimit": '"x";r=0;t=900', "RateLimit-Policy": '"x";q=5;w=3600', "retry-after": "9"}


@pytest.mark.parametrize("status", [200, 201, 400, 401, 404, 500])
def test_only_a_refusal_for_a_limit_is_one(status: int) -> None:
    """Counters come with everything; whoever was served, or asked badly, does not rest."""
    answer = observed(status, headers=COUNTERS)

    assert COMPATIBLE.verdict(answer) == OK
    assert windows_of(COMPATIBLE, answer)["requests/hour@x"].remaining == 0


@pytest.mark.parametrize("status", [200, 400, 403, 429, 500, 503])
def test_a_refused_key_is_no_matter_of_quotas(status: int) -> None:
    body = {"error": {"code": "invalid_api_key", "message": "limit per day"}}

    assert COMPATIBLE.verdict(observed(status, body, COUNTERS)) == OK


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"type": "error", "error": {"type": "overloaded_error"}}, Kind.OVERLOADED),
        ({"type": "error", "error": {"type": "rate_limit_error"}}, Kind.UNKNOWN),
        ({"type": "error", "error": {"type": "api_error", "message": "per day"}}, Kind.OK),
        ({"type": "message", "content": "per day"}, Kind.OK),
    ],
)
def test_an_error_inside_a_success(body: Any, kind: Kind) -> None:
    """Its code counts; what a reply says does not, nor the wait beside the success."""
    answer = observed(200, body, {"retry-after": "58"}, inside=True)

    assert ANTHROPIC.verdict(answer).kind is kind
    assert ANTHROPIC.verdict(answer).rests_until is None


def test_what_another_address_says_is_not_the_vendor_s_word() -> None:
    headers = {"anthropic-ratelimit-unified-5h-utilization": "0.5"}
    elsewhere = Observation(200, headers, b"", NOW, third_party=True)

    assert windows_of(ANTHROPIC, observed(headers=headers))["5h"].confidence == "stated"
    assert windows_of(ANTHROPIC, elsewhere)["5h"].confidence == "derived"


def test_no_answer_tells_more_windows_than_an_account_keeps() -> None:
    headers = {f"x-ratelimit-limit-u{number}-day": "5" for number in range(1_000)}

    assert len(COMPATIBLE.quota(observed(headers=headers))) == 64
