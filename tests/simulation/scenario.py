"""What a seed decides about a run before it begins."""

from __future__ import annotations

from random import Random

from msgspec import Struct

from cliproxy.config.forms import Strategy
from tests.gateway.asking import CHAT, GEMINI, MESSAGES, RESPONSES

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0

SIZES = {  # accounts, how often a run has so many
    (4, 8): 8,
    (10, 40): 5,
    (60, 200): 3,
    (10_000, 10_000): 1,
}
CROWD = 1_000  # accounts, from which on not everybody can be looked at all the time


class Place(Struct, frozen=True):
    """One address of a vendor."""

    dialect: str
    provider: str
    host: str
    models: tuple[str, ...]  # as clients call them
    is_login: bool = False  # its accounts are files with tokens, and not keys


PLACES = (
    Place(CHAT, "chat", "chat.example", ("common", "chat-own")),
    Place(RESPONSES, "codex", "codex.example", ("common", "codex-own")),
    Place(MESSAGES, "claude", "claude.example", ("common", "claude-own")),
    Place(GEMINI, "gemini", "gemini.example", ("common", "gemini-own")),
    Place(MESSAGES, "claude", "api.anthropic.com", ("claude-sonnet-4-6", "claude-opus-4-6"), is_login=True),
    Place(RESPONSES, "codex", "chatgpt.com", ("gpt-5", "gpt-5-codex"), is_login=True),
)


class Scenario(Struct, frozen=True):
    """One run."""

    seed: int
    requests: int
    accounts: int
    places: tuple[Place, ...]
    span: float  # seconds in which clients come
    turns: int  # of a conversation at most
    strategy: Strategy
    concurrent: int  # requests at once for an account; 0: no bound
    demand: float  # as a share of what the accounts have
    window: float  # seconds of the usual quota window
    trouble: float  # share of calls that go wrong on the wire
    leaving: float  # share of clients that leave
    lagging: float  # share of clients that read slowly
    token_lasts: float  # seconds
    grace: float  # seconds in which a token server takes a refresh token again
    misfortunes: float  # a reload, a jump of the clock, a crash ..., in the whole run
    jumps: bool  # whether the clock is put forward and back

    @property
    def is_crowd(self) -> bool:
        return self.accounts >= CROWD


def drawn(seed: int, requests: int) -> Scenario:
    """Return the scenario of a seed."""
    chance = Random(seed)
    least, most = chance.choices(list(SIZES), list(SIZES.values()))[0]
    accounts = chance.randint(least, most)
    is_crowd = accounts >= CROWD
    span = chance.choice((20 * MINUTE, 3 * HOUR, DAY))
    token_lasts = max(span / 50, chance.choice((10 * MINUTE, 8 * HOUR)))
    return Scenario(
        seed=seed,
        requests=requests,
        accounts=accounts,
        places=tuple(chance.sample(PLACES, chance.randint(2, 4))),
        span=span,
        turns=chance.choice((1, 3, 8)),
        strategy=chance.choice(("round-robin", "round-robin", "least-connections", "fill-first")),
        concurrent=chance.choice((0, 0, 1, 3)),
        demand=chance.choice((0.3, 0.9, 2.0)),
        window=chance.choice((MINUTE, 10 * MINUTE, 5 * HOUR, DAY)),
        trouble=chance.choice((0.0, 0.05, 0.3)),
        leaving=chance.choice((0.0, 0.05, 0.3)),
        lagging=chance.choice((0.0, 0.1)),
        token_lasts=10 * DAY if is_crowd else token_lasts,
        grace=chance.choice((0.0, 60.0)),
        misfortunes=6 if is_crowd else chance.choice((0, 20, 100)),
        jumps=chance.random() < 0.3,
    )
