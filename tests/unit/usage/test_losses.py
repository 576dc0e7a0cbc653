"""What was lost, counted."""

from __future__ import annotations

from msgspec import structs

from cliproxy.conversation.reply import Usage
from cliproxy.usage.losses import MOST_KINDS, MOST_OF_ONE, OTHER, LossCounts, LossKind
from cliproxy.usage.record import Outcome, UsageRecord

RECORD = UsageRecord(
    "x",
    1,
    0.0,
    "p",
    "m",
    "c",
    "who",
    Usage(),
    0.0,
    0.0,
    Outcome.SUCCEEDED,
    dialect="openai_chat",
    upstream_dialect="gemini",
)


def counted(*losses: str, counts: LossCounts | None = None) -> LossCounts:
    counts = counts or LossCounts()
    counts.record(structs.replace(RECORD, losses=losses))
    return counts


def kind(name: str, upstream: str = "gemini") -> LossKind:
    return LossKind("openai_chat", upstream, name)


def test_places_in_lists_do_not_matter() -> None:
    """The same field of two messages is one kind of loss, lost twice."""
    counts = counted("messages[3].content: image detail", "messages[14].content: image detail", "seed")

    assert counts.counts() == {kind("messages[].content: image detail"): 2, kind("seed"): 1}


def test_a_pair_of_dialects_is_counted_by_itself() -> None:
    """What one cannot say, another can."""
    counts = counted("seed")
    counts.record(structs.replace(RECORD, losses=("seed",), upstream_dialect="anthropic_messages"))
    counted("seed", counts=counts)

    assert counts.counts() == {kind("seed"): 2, kind("seed", "anthropic_messages"): 1}


def test_clients_cannot_fill_the_memory() -> None:
    """Names may be theirs. What is known goes on being counted, the rest together."""
    counts = counted("seed")
    for number in range(2 * MOST_KINDS):
        counted(f"field_{number}", counts=counts)
    counted("seed", counts=counts)

    found = counts.counts()
    assert len(found) == MOST_KINDS + 1
    assert found[kind("seed")] == 2
    assert found[kind(OTHER)] == MOST_KINDS + 1
    assert sum(found.values()) == 2 * MOST_KINDS + 2


def test_one_request_cannot_keep_the_others_waiting() -> None:
    """Beyond some hundred, its losses are counted without a look at their names."""
    counts = counted(*("seed" for _ in range(100_000)))

    assert counts.counts() == {kind("seed"): MOST_OF_ONE, kind(OTHER): 100_000 - MOST_OF_ONE}


def test_what_was_handed_out_does_not_change() -> None:
    """Whoever reads it may take his time."""
    counts = counted("seed")
    found = counts.counts()
    counted("seed", counts=counts)

    assert found == {kind("seed"): 1}
