"""A conversation stays where it is, and is never the reason that a request waits."""

from __future__ import annotations

from collections import Counter

from cliproxy.credentials.affinity import STAYS_WARM
from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.pool import CredentialPool, Policy
from tests.unit.credentials.pools import NOW, credential, limited, pool_of, spent


def asked(pool: CredentialPool, candidates: tuple[Candidate, ...], at: float = 0, conversation: str = "c") -> str:
    """Ask for a conversation, have it answered, and tell who did."""
    picked = pool.pick(candidates, now=NOW + at, conversation=conversation)
    assert picked is not None
    pool.succeeded(picked, now=NOW + at)
    pool.spoken(conversation)
    return picked.credential_id


def test_a_conversation_stays_with_its_credential() -> None:
    """Its prompt cache is there. Others take turns as ever."""
    pool, candidates = pool_of("a", "b", "c")

    assert [asked(pool, candidates, at) for at in range(5)] == ["a"] * 5
    assert [asked(pool, candidates, conversation=str(number)) for number in range(4)] == ["b", "c", "a", "b"]


def test_new_conversations_are_spread() -> None:
    """However many one client has: no account becomes a funnel."""
    pool, candidates = pool_of("a", "b", "c", "d")
    homes = Counter(asked(pool, candidates, conversation=str(number)) for number in range(100))

    assert set(homes.values()) == {25}


def test_it_is_a_guest_while_its_home_rests_and_then_goes_home() -> None:
    """With one host all the while."""
    pool, candidates = pool_of("a", "b", "c")
    asked(pool, candidates)
    asked(pool, candidates)
    pool.failed(candidates[0], limited(60), now=NOW)

    hosts = {asked(pool, candidates, at) for at in range(1, 60, 10)}
    assert len(hosts) == 1
    assert asked(pool, candidates, 60) == "a"


def test_it_moves_when_its_home_is_away_for_long() -> None:
    """The cache is cold by then, and the host's is warm."""
    pool, candidates = pool_of("a", "b")
    asked(pool, candidates)
    pool.failed(candidates[0], spent(NOW + STAYS_WARM + 2), now=NOW)

    assert asked(pool, candidates, 1) == "b"
    assert asked(pool, candidates, STAYS_WARM + 2) == "b"


def test_a_full_home_lends_its_conversations_out() -> None:
    """Nobody waits for a cache."""
    pool, candidates = pool_of("a", "b", concurrent=1)
    assert asked(pool, candidates) == "a"
    assert pool.pick(candidates[:1], now=NOW) == candidates[0]
    assert asked(pool, candidates) == "b"

    pool.succeeded(candidates[0], now=NOW)
    assert asked(pool, candidates) == "a"


def test_whom_a_request_has_tried_is_not_asked_for_a_conversation_s_sake() -> None:
    """Failing over comes first."""
    pool, candidates = pool_of("a", "b")
    asked(pool, candidates)

    assert pool.pick(candidates, now=NOW, conversation="c", besides=candidates[:1]) == candidates[1]


def test_a_home_that_never_served_is_none() -> None:
    """The conversation's first request failed there, so its cache is at the one that answered."""
    pool, candidates = pool_of("a", "b")
    assert pool.pick(candidates, now=NOW, conversation="c") == candidates[0]
    pool.failed(candidates[0], limited(1), now=NOW)
    pool.spoken("c")
    assert pool.pick(candidates, now=NOW, conversation="c", besides=candidates[:1]) == candidates[1]
    pool.succeeded(candidates[1], now=NOW)
    pool.spoken("c")

    assert [asked(pool, candidates, at) for at in (1, 2, 3)] == ["b"] * 3


def test_a_higher_priority_steals_no_conversation() -> None:
    """It gets the new ones."""
    pool = CredentialPool([credential("low"), credential("high", priority=1)])
    candidates = (Candidate("low", "m"), Candidate("high", "m"))
    pool.failed(candidates[1], spent(NOW + STAYS_WARM), now=NOW)
    asked(pool, candidates)

    assert asked(pool, candidates, STAYS_WARM + 1) == "low"
    assert asked(pool, candidates, STAYS_WARM + 1, "new") == "high"


def test_another_model_of_the_conversation_is_asked_of_the_same_account() -> None:
    """Where it has that model."""
    pool, of_m = pool_of("a", "b")
    of_n = tuple(Candidate(name, "n") for name in "ab")
    asked(pool, of_m, conversation="another")
    assert asked(pool, of_m) == "b"

    assert [asked(pool, of_n) for _ in range(3)] == ["b"] * 3


def test_conversations_can_be_left_alone() -> None:
    """It is a setting."""
    pool, candidates = pool_of("a", "b", keeps_conversations=False)

    assert [asked(pool, candidates) for _ in range(4)] == ["a", "b", "a", "b"]


def test_a_silent_conversation_begins_anew() -> None:
    """After so long no vendor has its cache."""
    pool, candidates = pool_of("a", "b", conversation_lasts=100)
    assert asked(pool, candidates) == "a"

    assert asked(pool, candidates, 100) == "b"


def test_who_is_removed_is_nobody_s_home() -> None:
    """Also when it comes back."""
    pool, candidates = pool_of("a", "b")
    asked(pool, candidates)
    pool.replace([credential("b")], Policy())
    pool.replace([credential("a"), credential("b")], Policy())
    asked(pool, candidates, conversation="another")

    assert asked(pool, candidates) == "b"


def test_nobody_says_two_things_at_once() -> None:
    """Fifty that begin with the same words are fifty talks, and no funnel."""
    pool, candidates = pool_of("a", "b", "c")
    at_once = [pool.pick(candidates, now=NOW, conversation="same") for _ in range(6)]

    assert sorted(one.credential_id for one in at_once if one) == ["a", "a", "b", "b", "c", "c"]


def test_one_that_has_spoken_goes_home_again() -> None:
    pool, candidates = pool_of("a", "b")
    first = pool.pick(candidates, now=NOW, conversation="talk")
    other = pool.pick(candidates, now=NOW, conversation="talk")
    assert first is not None
    assert other != first
    for one in (first, other):
        assert one is not None
        pool.succeeded(one, now=NOW)
        pool.spoken("talk")
    pool.spoken("talk")  # once too often is no harm

    for _ in range(3):
        assert pool.pick(candidates, now=NOW, conversation="talk") == first
        pool.succeeded(first, now=NOW)
        pool.spoken("talk")
