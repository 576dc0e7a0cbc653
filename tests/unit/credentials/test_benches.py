"""Which benches are kept."""

from __future__ import annotations

from cliproxy.credentials.bench import Bench
from cliproxy.credentials.benches import FEW_PLACES, MOST_BENCHES, Benches
from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.gate import Alarms
from cliproxy.credentials.member import Member
from cliproxy.credentials.selection import round_robin
from tests.unit.credentials.pools import credential

A, B = Candidate("a", "m"), Candidate("b", "m")
MEMBERS = {name: Member(credential(name)) for name in "ab"}


def new_bench(candidates: tuple[Candidate, ...]) -> Bench:
    seats = (MEMBERS[one.credential_id].seat(one) for one in candidates)
    return Bench(candidates, seats, round_robin, lambda _seat, _now: None, Alarms())


def of_model(number: int, places: int = 1) -> tuple[Candidate, ...]:
    return (Candidate("a", str(number)),) * places


def test_the_same_candidates_have_the_same_bench() -> None:
    """Known by identity, else by what they hold: some callers make a new tuple, or a list, each time."""
    benches, plan = Benches(new_bench), (A, B)
    bench = benches.of(plan, credentials=2)

    assert benches.of(plan, credentials=2) is bench
    assert benches.of((A, *plan[1:]), credentials=2) is bench
    assert benches.of([A, B], credentials=2) is bench
    assert benches.of([B, A], credentials=2) is not bench


def test_the_oldest_make_way() -> None:
    """Who is used stays."""
    benches, plan = Benches(new_bench), (A, B)
    bench = benches.of(plan, credentials=2)
    for number in range(MOST_BENCHES + 50):
        benches.of(of_model(number), credentials=2)
        benches.of(plan, credentials=2)

    assert len(benches) == MOST_BENCHES
    assert benches.of(plan, credentials=2) is bench


def test_places_are_bounded_too() -> None:
    """Thousands of credentials with hundreds of models would be millions."""
    benches = Benches(new_bench)
    for number in range(30):
        benches.of(of_model(number, 1000), credentials=0)

    assert len(benches) == FEW_PLACES // 1000


def test_one_that_is_too_large_is_kept_alone() -> None:
    """It is needed now."""
    benches = Benches(new_bench)
    benches.of((A,), credentials=0)
    large = benches.of(of_model(0, FEW_PLACES + 1), credentials=0)

    assert len(benches) == 1
    assert benches.of(large.candidates, credentials=0) is large


def test_they_can_be_forgotten() -> None:
    """After a reload everybody's place is found anew."""
    benches, plan = Benches(new_bench), (A, B)
    bench = benches.of(plan, credentials=2)
    benches.clear()

    assert benches.of(plan, credentials=2) is not bench
