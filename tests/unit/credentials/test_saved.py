"""What outlives a restart."""

from __future__ import annotations

import msgspec
import pytest

from cliproxy.credentials.credential import Candidate, Credential, Quota
from cliproxy.credentials.pool import CredentialPool, Policy, Saved
from cliproxy.credentials.quota import QuotaWindow
from cliproxy.credentials.saved import LONGEST_MESSAGE
from cliproxy.errors import Failure, FailureKind
from tests.unit.credentials.pools import NOW, credential, limited, spent

AS_USUAL = Policy()
HOUR = Quota(2, "requests", "hour")


def restarted(
    pool: CredentialPool, *credentials: Credential, at: float = NOW, policy: Policy = AS_USUAL
) -> CredentialPool:
    """Return another pool with what this one saved, through a file."""
    data = msgspec.json.encode(pool.saved(now=NOW))
    assert b"sk-hush" not in data
    fresh = CredentialPool(credentials, policy)
    fresh.restore(msgspec.json.decode(data, type=Saved), now=at)
    return fresh


def test_rests_are_kept_with_their_reasons() -> None:
    """A restart sends nobody back to a spent account; the ladder goes on where it was."""
    one = credential("a", "sk-hush")
    pool, candidate = CredentialPool([one]), Candidate("a", "m")
    pool.failed(candidate, limited(), now=NOW - 1)
    pool.pick([candidate], now=NOW)
    pool.failed(candidate, limited(), now=NOW)
    fresh = restarted(pool, one)

    assert fresh.why([candidate], now=NOW) == pool.why([candidate], now=NOW)
    fresh.pick([candidate], now=NOW + 2)
    fresh.failed(candidate, limited(), now=NOW + 2)
    assert fresh.ready_at([candidate], now=NOW + 2) == NOW + 6


def test_what_is_past_is_left_out() -> None:
    """When it is saved, and when it is read."""
    pool = CredentialPool([credential("a")])
    pool.failed(Candidate("a", "m"), limited(10), now=NOW - 10)
    assert pool.saved(now=NOW) == Saved()

    pool.failed(Candidate("a", "m"), limited(10), now=NOW)
    assert len(restarted(pool, credential("a"), at=NOW + 10).saved(now=NOW).rests) == 0


def test_no_rest_is_longer_than_the_cap_also_when_it_is_read() -> None:
    """It was lowered, or the clock was set back meanwhile."""
    pool = CredentialPool([credential("a")])
    pool.failed(Candidate("a", "m"), spent(NOW + 3600), now=NOW)
    fresh = restarted(pool, credential("a"), policy=Policy(longest_rest=60))

    assert fresh.ready_at([Candidate("a", "m")], now=NOW) == NOW + 60


def test_another_account_of_the_same_name_has_a_clean_record() -> None:
    """And so has who was not there."""
    pool = CredentialPool([credential("a", quota=HOUR), credential("b")])
    for name in "ab":
        pool.failed(Candidate(name, "m"), spent(), now=NOW)
    pool.pick([Candidate("a", "n")], now=NOW)
    pool.revoked("a", "log in again", now=NOW)
    fresh = restarted(pool, credential("a", account="somebody else", quota=HOUR))

    assert fresh.saved(now=NOW) == Saved()


def test_what_several_share_is_kept_while_one_of_them_is_there() -> None:
    """It is the project's."""
    pool = CredentialPool([credential("a", project="x"), credential("b", project="x")])
    pool.failed(Candidate("a", "m"), spent(NOW + 600, "project"), now=NOW)

    assert restarted(pool, credential("b", project="x")).pick([Candidate("b", "m")], now=NOW) is None
    assert restarted(pool, credential("b", project="y")).saved(now=NOW) == Saved()


def test_who_is_revoked_stays_so_until_it_has_another_token() -> None:
    """It may have got one while nobody looked."""
    one = credential("a", "sk-hush")
    pool = CredentialPool([one])
    pool.revoked("a", "log in again", now=NOW)

    assert [reason.words for reason in restarted(pool, one).why([Candidate("a", "m")], now=NOW)] == ["log in again"]
    assert restarted(pool, credential("a", "new")).why([Candidate("a", "m")], now=NOW) == ()


def test_what_was_used_of_a_quota_is_kept() -> None:
    """Unless it is another quota by now."""
    pool, candidate = CredentialPool([credential("a", quota=HOUR)]), Candidate("a", "m")
    for _ in range(2):
        pool.pick([candidate], now=NOW)

    assert restarted(pool, credential("a", quota=HOUR)).pick([candidate], now=NOW) is None
    assert restarted(pool, credential("a", quota=Quota(3, "requests", "hour"))).pick([candidate], now=NOW) == candidate
    assert restarted(pool, credential("a", quota=Quota(2, "requests", "day"))).pick([candidate], now=NOW) == candidate
    assert restarted(pool, credential("a")).pick([candidate], now=NOW) == candidate


def test_windows_are_kept_until_their_reset() -> None:
    """After it nothing is known."""
    pool = CredentialPool([credential("a")])
    lasting = QuotaWindow("week", used_fraction=0.5, resets_at=NOW + 600, observed_at=NOW)
    over = QuotaWindow("5h", used_fraction=0.5, resets_at=NOW + 10, observed_at=NOW)
    pool.learned("a", [lasting, over], now=NOW)
    fresh = restarted(pool, credential("a"), at=NOW + 10)

    assert fresh.saved(now=NOW + 10).members["a"].windows == (lasting,)


def test_what_is_saved_is_small() -> None:
    """Vendors answer with whole pages."""
    pool = CredentialPool([credential("a")])
    page = Failure(FailureKind.FORBIDDEN, 403, "x" * 10_000, body=b"y" * 10_000)
    pool.failed(Candidate("a", "m"), page, now=NOW)

    assert len(msgspec.json.encode(pool.saved(now=NOW))) < LONGEST_MESSAGE + 500


@pytest.mark.parametrize(
    "key", [[], [""], ["account"], ["account", "a", "m"], ["galaxy", "a"], ["upstream", "p", ""], ["model", "a"]]
)
def test_a_file_that_somebody_edited_does_no_harm(key: list[str]) -> None:
    """What is no key is left out."""
    rest = {
        "key": key,
        "failure": {"kind": "quota_spent", "status": 429, "message": ""},
        "failures": -5,
        "rests_since": NOW,
        "rests_until": NOW + 60,
    }
    fresh = CredentialPool([credential("a")])
    fresh.restore(msgspec.json.decode(msgspec.json.encode({"rests": [rest]}), type=Saved), now=NOW)

    assert fresh.pick([Candidate("a", "m")], now=NOW) is not None
