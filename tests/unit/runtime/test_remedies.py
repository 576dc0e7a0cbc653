"""What refusals mean for an operator; `test_trial.py` has them as they come."""

from __future__ import annotations

import pytest

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.errors import Failure, FailureKind
from cliproxy.runtime.remedies import login_command, trouble_of

NOW = 1_800_000_000.0
ACCOUNT = Credential("a.json", "claude", Secret("at"), label="ann@x.example", document="auths/a.json")
KEY = Credential("claude:apikey:1", "claude", Secret("sk"), label="claude-api-key[0]")


@pytest.mark.parametrize("credential", [ACCOUNT, KEY])
@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_of_failure_has_a_remedy(kind: FailureKind, credential: Credential) -> None:
    trouble = trouble_of(Failure(kind, 0, "so it says"), credential, now=NOW)

    assert trouble.problem.endswith(": so it says")
    assert trouble.remedy
    assert "login" not in trouble.remedy or credential is ACCOUNT  # nobody logs in to a key


@pytest.mark.parametrize(
    "failure",
    [
        Failure(FailureKind.QUOTA_SPENT, 429, "", rests_until=NOW + 60),
        Failure(FailureKind.RATE_LIMITED, 429, "", retry_after=60),
    ],
)
def test_a_time_that_is_stated_is_told(failure: Failure) -> None:
    trouble = trouble_of(failure, ACCOUNT, now=NOW)
    assert trouble.until == NOW + 60
    assert "until 2027-01-15 08:01 UTC" in trouble.problem


def test_a_time_beyond_all_calendars_is_told_all_the_same() -> None:
    """A vendor may say what he likes."""
    trouble = trouble_of(Failure(FailureKind.RATE_LIMITED, 429, "", retry_after=1e35), ACCOUNT, now=NOW)
    assert "until 9999-12-31" in trouble.problem


def test_a_proxy_is_named_by_where_it_is_set() -> None:
    refused = Failure(FailureKind.UNREACHABLE, 502, "the proxy p.example:1 could not be reached")
    with_proxy = Credential(
        "a.json", "claude", Secret("at"), document="auths/a.json", proxy=Secret("http://u:p@p.example:1")
    )

    assert "of auths/a.json" in trouble_of(refused, with_proxy, now=NOW).remedy
    assert "in the configuration" in trouble_of(refused, ACCOUNT, now=NOW).remedy


@pytest.mark.parametrize("offset", [3600.0, -3600.0, 10.0])
def test_a_clock_is_blamed_only_where_it_is_wrong(offset: float) -> None:
    trouble = trouble_of(Failure(FailureKind.UNAUTHORIZED, 401, "no"), ACCOUNT, now=NOW, offset=offset)
    told = {3600.0: "60 minutes behind", -3600.0: "60 minutes ahead", 10.0: "login any more"}
    assert told[offset] in trouble.problem


@pytest.mark.parametrize(
    ("credential", "command"),
    [
        (ACCOUNT, "cli-proxy-api login claude"),
        (Credential("a", "gemini-cli", Secret(""), project="p 1"), "cli-proxy-api login gemini --project 'p 1'"),
        (Credential("a", "iflow", Secret("k"), details={"cookie": "c"}), "cli-proxy-api login iflow --cookie"),
        (Credential("a", "vertex", Secret("")), "cli-proxy-api login vertex --file KEY.json"),
    ],
)
def test_the_command_by_which_somebody_logs_in_again(credential: Credential, command: str) -> None:
    assert login_command(credential) == command
    assert login_command(credential, " --config c.yaml") == f"{command} --config c.yaml"
