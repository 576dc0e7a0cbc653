"""How credentials are chosen, and how long they rest: what the configuration says of it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

Groups = Callable[[str, str], tuple[str, ...]]
"""Provider and model -> the groups of models whose quota the model shares."""


class Policy(Struct, frozen=True, gc=False):
    """What holds for all credentials. Where one has a word of its own, that goes first."""

    strategy: str = "round-robin"  # see STRATEGIES
    longest_rest: float = 3600.0  # seconds; the cap on every rest that a vendor or the ladder asks for
    cools: bool = True  # whether trouble that passes makes one rest
    concurrent: int = 0  # requests at once for one credential; 0: no bound
    concurrent_per_model: int = 0  # requests at once for one model of one credential
    keeps_conversations: bool = True  # at the credential they began with
    conversation_lasts: float = 3600.0  # seconds since its last request


def no_groups(_provider: str, _model: str) -> tuple[str, ...]:
    """Every model has a quota of its own."""
    return ()
