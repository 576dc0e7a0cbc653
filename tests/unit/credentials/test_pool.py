"""
The pool: who goes next, and who rests.

That it never errs is shown in tests/properties/test_credential_pool.py; here is what it means, one thing at a time.
"""

from __future__ import annotations

import pytest
from msgspec import structs

from cliproxy.credentials.credential import Candidate, Credential, Quota, Secret
from cliproxy.credentials.health import LONGEST_TEST
from cliproxy.credentials.pool import CredentialPool, Policy
from cliproxy.credentials.quota import ENDPOINT, QuotaWindow
from cliproxy.errors import Failure, FailureKind
from tests.unit.credentials.pools import NOW, credential, limited, pool_of, spent, unauthorized

FULL_UPSTREAM = Failure(FailureKind.OVERLOADED, 529, "full", scope="upstream")


def grouped(_provider: str, model: str) -> tuple[str, ...]:
    return ("large",) if model in ("m", "n") else ()


def of_model(model: str, *names: str) -> tuple[Candidate, ...]:
    return tuple(Candidate(name, model) for name in names)


def test_round_robin_takes_turns() -> None:
    """In the order of the configuration, and around again."""
    pool, candidates = pool_of("a", "b", "c")

    picked = [pool.pick(candidates, now=NOW) for _ in range(7)]

    assert [one.credential_id for one in picked if one] == list("abcabca")


def test_fill_first_stays_with_the_first_that_is_ready() -> None:
    """And comes back to it when its rest is over."""
    pool, candidates = pool_of("a", "b", strategy="fill-first")
    a, b = candidates
    assert [pool.pick(candidates, now=NOW) for _ in range(3)] == [a, a, a]

    pool.failed(a, limited(10), now=NOW)

    assert [pool.pick(candidates, now=NOW + at) for at in (0, 9.9, 10)] == [b, b, a]


def test_a_rested_credential_is_picked_again() -> None:
    """Cooldowns end on their own: nobody has to call the pool for a credential to come back."""
    pool, [only] = pool_of("a")
    pool.failed(only, limited(10), now=NOW)

    assert pool.pick([only], now=NOW + 9) is None
    assert pool.pick([only], now=NOW + 10) == only


def test_a_higher_priority_goes_first_for_as_long_as_it_is_ready() -> None:
    """Wherever it stands in the configuration."""
    pool = CredentialPool([credential("low"), credential("high", priority=5), credential("middle", priority=1)])
    low, high, middle = candidates = of_model("m", "low", "high", "middle")
    assert [pool.pick(candidates, now=NOW) for _ in range(2)] == [high, high]

    pool.failed(high, limited(60), now=NOW)
    assert pool.pick(candidates, now=NOW) == middle
    assert pool.pick(candidates, now=NOW, besides=[middle]) == low


def test_nobody_is_asked_twice_in_one_round() -> None:
    """`besides` names those who were tried."""
    pool, candidates = pool_of("a", "b")

    assert pool.pick(candidates, now=NOW, besides=candidates) is None


# Scopes


def test_a_limit_on_one_model_leaves_the_others() -> None:
    """Vendors count by model."""
    pool, [of_m] = pool_of("a")
    pool.failed(of_m, limited(60), now=NOW)

    assert pool.pick([of_m], now=NOW) is None
    assert pool.pick(of_model("n", "a"), now=NOW) is not None


def test_a_limit_on_a_group_leaves_the_other_models() -> None:
    """A week of the large model is over; the small one goes on."""
    pool = CredentialPool([credential("a")], groups=grouped)
    pool.failed(Candidate("a", "m"), spent(NOW + 600, "group:large"), now=NOW)

    assert [bool(pool.pick(of_model(model, "a"), now=NOW)) for model in ("m", "n", "o")] == [False, False, True]


def test_a_limit_on_an_account_is_for_all_its_models() -> None:
    """One 401 is enough for all of them."""
    pool, [of_m] = pool_of("a")
    pool.failed(of_m, unauthorized(), now=NOW)

    assert pool.pick(of_model("n", "a"), now=NOW) is None


def test_credentials_of_one_project_share_its_limit() -> None:
    """Two logins with one project are one to the vendor."""
    pool = CredentialPool([credential("a", project="x"), credential("b", project="x"), credential("c", project="y")])
    a, _b, c = candidates = of_model("m", "a", "b", "c")
    pool.failed(a, spent(NOW + 600, "project"), now=NOW)

    assert [pool.pick(candidates, now=NOW) for _ in range(2)] == [c, c]
    assert pool.pick(of_model("n", "a"), now=NOW) is not None


def test_an_upstream_that_is_full_rests_when_one_more_account_has_met_it() -> None:
    """Then walking through the pool is useless. Another upstream, or another model there, may serve."""
    pool = CredentialPool(
        [credential("a"), credential("b"), credential("c"), credential("d", base_url="https://up.example")]
    )
    a, b, _c, d = candidates = of_model("m", *"abcd")
    pool.failed(a, FULL_UPSTREAM, now=NOW)
    assert pool.pick(candidates, now=NOW) == b
    pool.failed(b, FULL_UPSTREAM, now=NOW)

    assert [pool.pick(candidates, now=NOW) for _ in range(2)] == [d, d]
    assert pool.pick(of_model("n", "a"), now=NOW) is not None


def test_a_failure_of_the_request_is_nobody_s() -> None:
    """Whatever kind it is."""
    pool, [only] = pool_of("a")
    pool.failed(only, structs.replace(spent(), scope="request"), now=NOW)

    assert pool.why([only], now=NOW) == ()


# Half open


def test_one_request_tests_and_the_others_go_elsewhere() -> None:
    """A crowd that comes back at once would be refused at once."""
    pool, (a, b) = pool_of("a", "b")
    pool.failed(a, limited(10), now=NOW)

    assert [pool.pick((a, b), now=NOW + 10) for _ in range(3)] == [a, b, b]
    pool.answered(a, now=NOW + 11)
    assert pool.pick((a, b), now=NOW + 11, besides=[b]) == a
    assert pool.in_flight("a") == 2


def test_a_test_that_fails_rests_longer() -> None:
    """The ladder goes on."""
    pool, [only] = pool_of("a")
    at = NOW
    for seconds in (1, 2, 4, 8):
        pool.failed(only, limited(), now=at)
        assert pool.ready_at([only], now=at) == at + seconds
        at += seconds
        assert pool.pick([only], now=at) == only


def test_a_client_that_leaves_frees_the_test() -> None:
    """Nobody waits for somebody who is gone."""
    pool, [only] = pool_of("a")
    pool.failed(only, limited(10), now=NOW)
    pool.pick([only], now=NOW + 10)
    assert pool.pick([only], now=NOW + 10) is None

    pool.abandoned(only, now=NOW + 10)
    assert pool.pick([only], now=NOW + 10) == only


def test_a_test_without_an_answer_makes_way() -> None:
    """A model may think for minutes."""
    pool, [only] = pool_of("a")
    pool.failed(only, limited(10), now=NOW)
    pool.pick([only], now=NOW + 10)

    assert pool.ready_at([only], now=NOW + 10) == NOW + 10 + LONGEST_TEST
    assert pool.pick([only], now=NOW + 10 + LONGEST_TEST) == only


def test_a_test_of_what_is_shared_is_one_for_all() -> None:
    """Ten logins with one project do not send ten."""
    pool = CredentialPool([credential(name, project="x") for name in "abc"])
    candidates = of_model("m", *"abc")
    pool.failed(candidates[0], spent(NOW + 600, "project"), now=NOW)

    assert pool.pick(candidates, now=NOW + 600) is not None
    assert pool.pick(candidates, now=NOW + 600) is None
    assert pool.awaits_a_place(candidates, now=NOW + 600)


def test_content_ends_every_rest_of_its_scopes() -> None:
    """Requests side by side can fail and be answered in any order."""
    pool, [only] = pool_of("a")
    pool.pick([only], now=NOW)
    pool.failed(only, limited(60), now=NOW)
    pool.failed(only, unauthorized(), now=NOW)
    pool.answered(only, now=NOW + 1)

    assert pool.pick([only], now=NOW + 1) == only


def test_an_end_of_what_was_answered_before_says_nothing() -> None:
    """Its content began before the quota was spent; a dozen long streams would send a dozen requests in vain."""
    pool, [only] = pool_of("a")
    for _ in range(2):
        pool.pick([only], now=NOW)
    pool.answered(only, now=NOW)
    pool.failed(only, spent(NOW + 600), now=NOW + 1)
    pool.succeeded(only, now=NOW + 2)

    assert pool.pick([only], now=NOW + 2) is None


def test_a_success_that_was_not_told_of_before_ends_the_rest() -> None:
    """A whole reply comes at once."""
    pool, [only] = pool_of("a")
    pool.pick([only], now=NOW)
    pool.failed(only, spent(NOW + 600), now=NOW)
    pool.pick([only], now=NOW + 600)
    pool.succeeded(only, now=NOW + 601)

    assert [pool.pick([only], now=NOW + 601) for _ in range(2)] == [only, only]


# Verdicts


def test_a_401_on_a_token_that_was_replaced_is_dropped() -> None:
    """The old one had run out while its last request was on its way; any other verdict counts."""
    pool, [only] = pool_of("a")
    old = pool.get("a")
    pool.update(credential("a", "new"))
    pool.failed(only, unauthorized(), now=NOW, used=old)
    assert pool.pick([only], now=NOW) == only

    pool.failed(only, spent(), now=NOW, used=old)
    assert pool.pick([only], now=NOW) is None


def test_a_new_token_is_tried_where_the_old_one_was_refused() -> None:
    """A spent quota is not mended by it."""
    pool, candidates = pool_of("a", "b")
    pool.failed(candidates[0], unauthorized(), now=NOW)
    pool.failed(candidates[1], spent(), now=NOW)
    for name in "ab":
        pool.update(credential(name, "new"))

    assert [pool.pick([one], now=NOW) for one in candidates] == [candidates[0], None]


def test_a_verdict_on_another_account_is_dropped() -> None:
    """Somebody else logged in under the same name."""
    pool, [only] = pool_of("a")
    old = pool.get("a")
    pool.update(credential("a", account="somebody else"))
    pool.failed(only, spent(), now=NOW, used=old)

    assert pool.pick([only], now=NOW) == only


@pytest.mark.parametrize(("own", "policy", "rests"), [(None, False, False), (True, False, True), (False, True, False)])
def test_a_credential_s_own_word_on_cooling_goes_first(own: bool | None, policy: bool, rests: bool) -> None:
    """As the setting says."""
    pool = CredentialPool([credential("a", cools=own)], Policy(cools=policy))
    pool.failed(Candidate("a", "m"), limited(), now=NOW)

    assert bool(pool.why(of_model("m", "a"), now=NOW)) is rests


# Revoked, lifted, quotas, places


def test_who_is_revoked_is_asked_again_with_another_token_only() -> None:
    """Waiting does not help, nor does any other edit."""
    pool, candidates = pool_of("a", "b")
    pool.revoked("a", "log in again: refused", now=NOW)
    pool.update(credential("a", priority=9))

    assert pool.pick(candidates, now=NOW + 1e6) == candidates[1]
    assert pool.ready_at(candidates[:1], now=NOW) is None
    assert [(one.state, one.words) for one in pool.why(candidates, now=NOW)] == [("revoked", "log in again: refused")]

    pool.update(credential("a", "new", priority=9))
    assert pool.pick(candidates, now=NOW) == candidates[0]


def test_the_operator_can_lift_a_rest() -> None:
    """Somebody has paid, or called the vendor; also where others share it. A revoked token stays revoked."""
    pool = CredentialPool([credential("a", project="x"), credential("b", project="x")])
    candidates = of_model("m", "a", "b")
    pool.failed(candidates[0], spent(NOW + 600, "project"), now=NOW)
    pool.failed(candidates[0], spent(NOW + 600), now=NOW)
    pool.revoked("b", "log in again", now=NOW)
    pool.lifted("a", now=NOW)

    assert [pool.pick([one], now=NOW) for one in candidates] == [candidates[0], None]


def test_the_operator_s_quota_is_kept() -> None:
    """Requests count when they are sent, tokens when they are known, also of those who left."""
    month = Quota(100)
    pool = CredentialPool([credential("a", quota=Quota(2, "requests", "hour")), credential("b", quota=month)])
    a, b = of_model("m", "a", "b")
    start = 3600.0 * 1000

    assert [pool.pick([a], now=start + at) for at in (0, 1, 2, 3600)] == [a, a, None, a]
    pool.pick([b], now=start)
    pool.abandoned(b, now=start, tokens=60)
    pool.pick([b], now=start)
    pool.failed(b, structs.replace(limited(), scope="request"), now=start, tokens=40)
    assert pool.pick([b], now=start) is None
    assert [(one.state, one.candidate) for one in pool.why([b], now=start)] == [("quota used up", b)]


def test_an_account_takes_as_many_at_once_as_it_may() -> None:
    """A credential's own number goes first; 0 is no bound."""
    pool = CredentialPool(
        [credential("a"), credential("b", concurrent=2), credential("c", concurrent=0)], Policy(concurrent=1)
    )
    taken = {name: sum(pool.pick(of_model("m", name), now=NOW) is not None for _ in range(5)) for name in "abc"}

    assert taken == {"a": 1, "b": 2, "c": 5}


def test_a_model_of_an_account_takes_as_many_at_once_as_it_may() -> None:
    """Its others have places of their own."""
    pool, [of_m] = pool_of("a", concurrent_per_model=1)

    assert [pool.pick([of_m], now=NOW) for _ in range(2)] == [of_m, None]
    assert pool.pick(of_model("n", "a"), now=NOW) is not None
    pool.abandoned(of_m, now=NOW)
    assert pool.pick([of_m], now=NOW) == of_m


def test_a_place_is_worth_waiting_for_and_a_rest_is_another_matter() -> None:
    """Whoever waits for a place is woken by the next request that ends."""
    pool, (a, b) = pool_of("a", "b", concurrent=1)
    pool.failed(b, limited(60), now=NOW)
    pool.pick((a,), now=NOW)

    assert pool.awaits_a_place((a, b), now=NOW)
    assert not pool.awaits_a_place((a, b), now=NOW, besides=[a])
    assert not pool.awaits_a_place((b,), now=NOW)
    assert pool.ready_at((a, b), now=NOW) == NOW + 60
    assert pool.ready_at((a,), now=NOW) is None


def test_who_is_full_and_rests_is_worth_waiting_for_until_it_has_rested() -> None:
    """Else a client would be told to come back, and not when."""
    pool, [only] = pool_of("a", concurrent=2)
    for _ in range(2):
        pool.pick([only], now=NOW)
    pool.failed(only, spent(NOW + 60), now=NOW)
    pool.update(credential("a", concurrent=1))

    assert pool.ready_at([only], now=NOW) == NOW + 60


def test_who_is_picked_is_in_flight_until_it_lands() -> None:
    """However it lands; and never below nothing."""
    pool, [only] = pool_of("a")
    for _ in range(3):
        pool.pick([only], now=NOW)
    assert pool.in_flight("a") == 3

    pool.succeeded(only, now=NOW)
    pool.failed(only, limited(), now=NOW)
    assert pool.in_flight("a") == 1
    pool.abandoned(only, now=NOW)
    pool.abandoned(only, now=NOW)
    assert pool.in_flight("a") == 0


# What is known, and until when


def test_it_says_who_rests_until_when_and_why() -> None:
    """For the message to the client, and for whoever operates it. Of several reasons, the one that lasts longest."""
    pool, (a, b) = pool_of("a", "b")
    pool.failed(a, limited(10), now=NOW)
    pool.failed(a, spent(NOW + 18 * 86_400), now=NOW)
    [told] = pool.why([a, b], now=NOW)

    assert (told.candidate, told.state, told.scope) == (a, "resting", "account")
    assert told.failure == spent(NOW + 18 * 86_400)
    assert (told.rests_until, told.stated_until) == (NOW + 3600, NOW + 18 * 86_400)


def test_it_says_when_somebody_is_ready() -> None:
    """The earliest of them; those who are gone are nobody."""
    pool, [a, b] = pool_of("a", "b")
    pool.failed(a, limited(10), now=NOW)
    pool.failed(b, limited(20), now=NOW)

    assert pool.ready_at([a, b, Candidate("gone", "m")], now=NOW) == NOW + 10
    assert pool.ready_at([a, b], now=NOW + 15) == NOW + 15
    assert pool.ready_at([Candidate("gone", "m")], now=NOW) is None


def test_a_model_is_listed_while_somebody_may_serve_it() -> None:
    """A rest is not for ever; a revoked token, or a model that the account does not have, may be."""
    pool, (a, b) = pool_of("a", "b")
    pool.failed(a, spent(NOW + 600), now=NOW)
    pool.revoked("b", "log in again", now=NOW)
    assert pool.serves((a, b), now=NOW)
    assert not pool.serves((b, Candidate("gone", "m")), now=NOW)

    pool.failed(a, Failure(FailureKind.NO_SUCH_MODEL, 404, "what?"), now=NOW)
    assert not pool.serves((a, b), now=NOW)
    assert pool.serves(of_model("n", "a"), now=NOW)


def test_an_early_reset_lets_one_request_test() -> None:
    """It was bought, or given; a usage endpoint shows it long before the stated time."""
    pool, [only] = pool_of("a")
    week = QuotaWindow("week", used_fraction=1.0, resets_at=NOW + 3000, observed_at=NOW, source=ENDPOINT)
    pool.failed(only, spent(NOW + 3000), now=NOW)
    pool.learned("a", [week], now=NOW)
    assert pool.pick([only], now=NOW + 60) is None

    later = structs.replace(week, used_fraction=0.0, resets_at=NOW + 9000, observed_at=NOW + 60)
    pool.learned("a", [later], now=NOW + 60)
    assert [pool.pick([only], now=NOW + 60) for _ in range(2)] == [only, None]


def test_what_a_usage_endpoint_shows_spent_rests() -> None:
    """Before a client has to find out."""
    pool, [only] = pool_of("a")
    pool.learned(
        "a",
        [QuotaWindow("week", used_fraction=1.0, resets_at=NOW + 900, observed_at=NOW, source=ENDPOINT)],
        now=NOW,
    )

    assert pool.pick([only], now=NOW + 899) is None
    assert pool.pick([only], now=NOW + 900) == only


# Changes of the configuration


def test_a_candidate_whose_credential_is_gone_is_passed_over() -> None:
    """A request in flight holds the plan it began with, across a reload; its verdict is nobody's."""
    pool, [a, b] = pool_of("a", "b")
    pool.pick([a], now=NOW)
    pool.replace([credential("b")], Policy())
    pool.failed(a, spent(), now=NOW)

    assert pool.pick([a, b], now=NOW) == b
    assert pool.pick([a], now=NOW) is None
    assert (pool.get("a"), pool.in_flight("a")) == (None, 0)
    assert [one.state for one in pool.why([a], now=NOW)] == ["gone"]


def test_a_reload_keeps_the_health_of_those_that_stay() -> None:
    """Saving the configuration must not send everybody back to a limited account; a new token changes no quota."""
    pool, candidates = pool_of("a", "b", "c")
    for candidate in candidates:
        pool.failed(candidate, spent(), now=NOW)

    pool.replace([credential("a"), credential("b", "new"), credential("c", account="another")], Policy())

    assert pool.pick(candidates, now=NOW) == Candidate("c", "m")
    assert pool.pick(candidates[:2], now=NOW) is None


def test_who_is_removed_is_forgotten() -> None:
    """And begins anew when it is added again; so does what only it was part of."""
    pool, candidates = pool_of("a", "b")
    pool.failed(candidates[0], spent(), now=NOW)
    pool.revoked("a", "log in again", now=NOW)
    pool.replace([credential("b")], Policy())
    pool.replace([credential("a"), credential("b")], Policy())

    assert pool.why(candidates, now=NOW) == ()


def test_a_reload_keeps_whose_turn_it_is() -> None:
    """Else each save would send the next request to the first again."""
    pool, candidates = pool_of("a", "b", "c")
    for name in "abcab":
        assert pool.pick(candidates, now=NOW) == Candidate(name, "m")
        pool.replace([credential(name) for name in "abc"], Policy())


def test_a_refresh_changes_a_token_and_nothing_else() -> None:
    """Not whose turn it is, nor what is in flight, nor anything worth saving."""
    pool, candidates = pool_of("a", "b", "c")
    picked = [pool.pick(candidates, now=NOW) for _ in range(2)]
    before = pool.changes
    pool.update(credential("a", "new"))

    assert picked == list(candidates[:2])
    assert pool.changes == before
    assert pool.in_flight("a") == 1
    assert pool.get("a") == credential("a", "new")
    assert pool.pick(candidates, now=NOW) == candidates[2]


def test_an_edit_takes_effect_at_once() -> None:
    """Its priority, and whether it is asked at all."""
    pool, candidates = pool_of("a", "b")
    pool.update(credential("b", priority=1))
    assert [pool.pick(candidates, now=NOW) for _ in range(2)] == [candidates[1]] * 2

    pool.update(credential("b", priority=1, disabled=True))
    assert pool.pick(candidates, now=NOW) == candidates[0]
    pool.update(credential("b", priority=1))
    assert pool.pick(candidates, now=NOW) == candidates[1]


def test_a_refresh_of_somebody_removed_meanwhile_adds_nobody() -> None:
    """The reload knew."""
    pool, _ = pool_of("a")
    pool.update(credential("gone"))

    assert pool.get("gone") is None


def test_changes_tell_when_there_is_something_to_save() -> None:
    """Whoever saves looks at nothing else."""
    pool, [only] = pool_of("a")
    counts = [pool.changes]

    def act(name: str) -> None:
        match name:
            case "rests":
                pool.failed(only, spent(), now=NOW)
            case "lifted":
                pool.lifted("a", now=NOW)
            case "revoked":
                pool.revoked("a", "log in again", now=NOW)
            case _:
                pool.update(Credential("a", "p", Secret("new"), account="account of a"))

    for name in ("rests", "lifted", "revoked", "a new token"):
        act(name)
        counts.append(pool.changes)
    assert counts == sorted(set(counts))


def test_two_pools_do_the_same() -> None:
    """Nothing hangs on chance, or on where things lie in memory."""

    def run() -> list[Candidate | None]:
        pool, candidates = pool_of(*(str(number) for number in range(50)), strategy="least-connections")
        picked = []
        for step in range(500):
            one = pool.pick(candidates, now=NOW + step, conversation=str(step % 7) if step % 3 else "")
            picked.append(one)
            if one is not None and step % 4:
                pool.failed(one, limited(step % 5), now=NOW + step)
        return picked

    assert run() == run()
