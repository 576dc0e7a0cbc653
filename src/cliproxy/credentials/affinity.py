"""
Which credential a conversation is at home with, so that the vendor's prompt cache stays warm.

While its home cannot serve, it is a guest elsewhere, and stays there until it goes home. A home that is away for longer
than a cache lives is no home any more. A conversation that talks to models which nobody has in common has a home for
each.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection

from cliproxy.credentials.credential import Candidate

MOST_CONVERSATIONS = 100_000
MOST_HOMES = 4  # of one conversation
STAYS_WARM = 300.0  # seconds that a prompt cache lives unused, about


class Stay:
    """Where a conversation is."""

    __slots__ = ("home", "host", "turns")

    def __init__(self) -> None:
        self.home: Candidate | None = None  # None: it has been nowhere yet
        self.host: Candidate | None = None  # whose guest it is
        self.turns = 0  # that its home had

    def goes_home(self) -> None:
        """Be asked at home."""
        self.host = None
        self.turns += 1

    def visits(self, host: Candidate) -> None:
        """Be asked elsewhere for a while."""
        self.host = host

    def moves(self, home: Candidate) -> None:
        """Have another home from now on."""
        self.home, self.host, self.turns = home, None, 1


class _Conversation:
    __slots__ = ("last", "stays")

    def __init__(self) -> None:
        self.last = 0.0  # unix time of its last request
        self.stays: tuple[Stay, ...] = ()


class Affinity:
    """Conversations by an opaque digest; those that said nothing for longest are forgotten first."""

    def __init__(self, most: int = MOST_CONVERSATIONS) -> None:
        self._most = most
        self._kept: OrderedDict[str, _Conversation] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def stay(self, conversation: str, is_here: Callable[[Candidate], bool], *, now: float, lasts: float) -> Stay:
        """Return where a conversation is among some candidates, or a stay that has not begun."""
        kept = self._kept.get(conversation)
        if kept is not None and now - kept.last < lasts:
            for stay in kept.stays:
                if stay.home is not None and is_here(stay.home):
                    return stay
        return Stay()

    def settle(self, conversation: str, stay: Stay, *, now: float, lasts: float) -> None:
        """Note that a conversation has said something, and where it is."""
        kept = self._kept.get(conversation)
        if kept is None or now - kept.last >= lasts:
            kept = self._kept[conversation] = _Conversation()
        if stay not in kept.stays:
            kept.stays = (stay, *kept.stays[: MOST_HOMES - 1])
        kept.last = now
        self._kept.move_to_end(conversation)
        self._forget_silent(now, lasts)

    def forget(self, gone: Collection[str]) -> None:
        """Forget homes with these credentials."""
        for conversation, kept in list(self._kept.items()):
            stays = tuple(stay for stay in kept.stays if stay.home and stay.home.credential_id not in gone)
            if len(stays) < len(kept.stays):
                kept.stays = stays
                if not stays:
                    del self._kept[conversation]

    def _forget_silent(self, now: float, lasts: float) -> None:
        while len(self._kept) > self._most or now - next(iter(self._kept.values())).last >= lasts:
            self._kept.popitem(last=False)
            if not self._kept:
                break
