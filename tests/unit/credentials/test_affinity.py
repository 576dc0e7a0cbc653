"""Where conversations are at home: what is remembered, and for how long."""

from __future__ import annotations

from collections.abc import Callable

from cliproxy.credentials.affinity import MOST_HOMES, Affinity
from cliproxy.credentials.credential import Candidate

A, B = Candidate("a", "m"), Candidate("b", "n")


def everywhere(_candidate: Candidate) -> bool:
    return True


def only(*names: str) -> Callable[[Candidate], bool]:
    return lambda candidate: candidate.credential_id in names


def settled(affinity: Affinity, conversation: str, home: Candidate, *, now: float = 0, lasts: float = 100) -> None:
    stay = affinity.stay(conversation, only(home.credential_id), now=now, lasts=lasts)
    stay.moves(home)
    affinity.settle(conversation, stay, now=now, lasts=lasts)


def home(affinity: Affinity, conversation: str, *, now: float = 0, lasts: float = 100) -> Candidate | None:
    return affinity.stay(conversation, everywhere, now=now, lasts=lasts).home


def test_a_conversation_has_the_home_it_was_given() -> None:
    """And no other has it."""
    affinity = Affinity()
    settled(affinity, "c", A)

    assert home(affinity, "c") == A
    assert home(affinity, "d") is None


def test_a_conversation_that_is_silent_is_forgotten() -> None:
    """Every request counts anew; one that was silent too long leaves nothing behind when others speak."""
    affinity = Affinity()
    settled(affinity, "c", A, now=0)
    settled(affinity, "c", A, now=99)
    assert home(affinity, "c", now=198) == A
    assert home(affinity, "c", now=199) is None

    settled(affinity, "d", B, now=200)
    assert len(affinity) == 1


def test_those_silent_for_longest_make_way() -> None:
    """Clients can begin any number of conversations."""
    affinity = Affinity(most=2)
    for conversation in ("c", "d", "c", "e"):
        settled(affinity, conversation, A)

    assert len(affinity) == 2
    assert (home(affinity, "c"), home(affinity, "d"), home(affinity, "e")) == (A, None, A)


def test_models_that_nobody_has_in_common_have_homes_of_their_own() -> None:
    """An agent asks a small model for titles and a large one for the rest, by turns."""
    affinity = Affinity()
    settled(affinity, "c", A)
    settled(affinity, "c", B)

    assert affinity.stay("c", only("a"), now=0, lasts=100).home == A
    assert affinity.stay("c", only("b"), now=0, lasts=100).home == B
    assert affinity.stay("c", only("d"), now=0, lasts=100).home is None


def test_homes_of_one_conversation_are_bounded() -> None:
    """The latest stay."""
    affinity = Affinity()
    for number in range(MOST_HOMES + 1):
        settled(affinity, "c", Candidate(str(number), "m"))

    assert affinity.stay("c", only("0"), now=0, lasts=100).home is None
    assert affinity.stay("c", only(str(MOST_HOMES)), now=0, lasts=100).home is not None


def test_homes_that_are_gone_are_forgotten() -> None:
    """With their conversations, where they had no other."""
    affinity = Affinity()
    settled(affinity, "c", A)
    settled(affinity, "c", B)
    settled(affinity, "d", A)
    affinity.forget({"a"})

    assert (home(affinity, "c"), len(affinity)) == (B, 1)


def test_a_guest_keeps_its_home() -> None:
    """Until it moves."""
    stay = Affinity().stay("c", everywhere, now=0, lasts=100)
    stay.moves(A)
    stay.visits(B)
    assert (stay.home, stay.host, stay.turns) == (A, B, 1)

    stay.goes_home()
    assert (stay.home, stay.host, stay.turns) == (A, None, 2)
