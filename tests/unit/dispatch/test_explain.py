"""Why an exchange went as it did."""

from __future__ import annotations

from cliproxy.credentials.credential import Candidate, Credential, Secret
from cliproxy.credentials.pool import CredentialPool
from cliproxy.dispatch.explain import MOST_STEPS, Explanation, Explanations, Step
from cliproxy.errors import Failure, FailureKind

SPENT = Failure(FailureKind.QUOTA_SPENT, 429, "used up", rests_until=600.0, scope="account")
CREDENTIAL = Credential("a", "claude", Secret("sk-secret"), label="alice@example.com", handle="0123456789abcdef")
ONE = Candidate("a", "opus")


def explanation() -> Explanation:
    return Explanation("e1", 100.0, "best", "openai_chat", "client 2", 3)


def test_it_says_who_was_passed_over_and_why() -> None:
    pool = CredentialPool([CREDENTIAL])
    pool.pick([ONE], now=0)
    pool.failed(ONE, SPENT, now=0)
    told = explanation()
    told.passed_over(pool.why([ONE], now=100), pool.get, at=100.0)
    assert "passed over alice@example.com opus: resting for 500 s (quota spent, account)" in str(told)


def test_it_reads_as_a_story() -> None:
    told = explanation()
    told.asked(CREDENTIAL, "opus", at=100.0)
    told.came("refused", CREDENTIAL, "opus", SPENT, at=100.25)
    told.add(Step(100.25, "waited", why="2.0 s for a place"))
    told.came("answered", CREDENTIAL, "opus", None, at=104.0)
    assert str(told).splitlines() == [
        "e1: best in openai_chat for client 2; 3 could serve it",
        "    +0.000 s  asked alice@example.com opus",
        "    +0.250 s  refused alice@example.com opus: quota spent: used up",
        "    +0.250 s  waited 2.0 s for a place",
        "    +4.000 s  answered alice@example.com opus",
    ]


def test_it_holds_no_secret() -> None:
    told = explanation()
    told.asked(CREDENTIAL, "opus", at=100.0)
    assert "sk-secret" not in str(told) + repr(told)


def test_it_is_bounded() -> None:
    told = explanation()
    for _ in range(MOST_STEPS + 5):
        told.asked(CREDENTIAL, "opus", at=100.0)
    assert len(told.steps) == MOST_STEPS
    assert str(told).endswith("and 5 steps more")


def test_the_latest_are_kept() -> None:
    kept = Explanations(2)
    for id_ in ("a", "b", "c"):
        kept.keep(Explanation(id_, 0.0, "m", "openai_chat", "", 1))
    assert kept.get("a") is None
    assert [one.exchange_id for one in kept.latest()] == ["c", "b"]
