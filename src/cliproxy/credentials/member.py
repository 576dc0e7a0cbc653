"""A credential as the pool knows it, and its seats: what it does, what it has used, whose turn it is."""

from __future__ import annotations

from typing import Protocol

from cliproxy.credentials.budget import Budget
from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.credentials.gate import NEVER, Gate
from cliproxy.credentials.quota import QuotaWindow
from cliproxy.credentials.scope import Key

MOST_IDLE_SEATS = 64  # models for which a turn is remembered that nobody has asked for lately


class Standing(Protocol):
    """Where a seat stands in the line of one bench."""

    def went(self, turn: float) -> None:
        """The seat took a turn, here or on another bench."""
        ...

    def rise(self) -> None:
        """Move forward, where the seat ranks lower than before."""
        ...


class Member(Gate):
    """A credential, and all that outlives a change of its token."""

    __slots__ = ("budget", "credential", "in_flight", "most", "revoked", "seats", "weight", "windows")

    def __init__(self, credential: Credential) -> None:
        super().__init__()
        self.in_flight = 0
        self.most = 0  # at once; 0: no bound
        self.revoked = ""  # why, in words; "": it is not
        self.windows: tuple[QuotaWindow, ...] = ()
        self.seats: dict[str, Seat] = {}  # by model
        self.budget: Budget | None = None
        self.weight = 1
        self.credential = credential
        self.take(credential)

    def take(self, credential: Credential) -> None:
        """Go on with a changed credential of the same account."""
        if credential.secret != self.credential.secret or credential.refresh_token != self.credential.refresh_token:
            self.revoked = ""
        self.credential = credential
        self.weight = max(1, credential.weight)
        before, self.budget = self.budget, Budget(credential.quota) if credential.quota else None
        if self.budget is not None:
            self.budget.follow(before)

    def forget(self) -> None:
        """Somebody else is behind it now."""
        self.revoked = ""
        self.windows = ()
        self.budget = None

    @property
    def is_full(self) -> bool:
        """Tell whether it has as many requests as it may."""
        return 0 < self.most <= self.in_flight

    @property
    def is_out(self) -> bool:
        """Tell whether it cannot be asked until somebody does something."""
        return self.credential.disabled or bool(self.revoked)

    def is_barred(self, now: float) -> bool:
        """Tell whether none of its models can be asked, however few requests it has."""
        return self.is_out or (self.budget is not None and self.budget.opens_at(now) > now)

    def opens_at(self, now: float) -> float:
        """Return when it can be asked; `now`: it can."""
        if self.is_out:
            return NEVER
        opens_at = now if self.budget is None else self.budget.opens_at(now)
        return NEVER if self.is_full and opens_at <= now else opens_at

    def seat(self, candidate: Candidate) -> Seat:
        """Return the seat of one of its models."""
        seat = self.seats.get(candidate.model)
        if seat is None:
            if len(self.seats) >= MOST_IDLE_SEATS:
                self.seats = {model: one for model, one in self.seats.items() if one.places or one.in_flight}
            seat = self.seats[candidate.model] = Seat(self, candidate)
        return seat


class Seat:
    """A candidate among the others: its turn, and what it is doing."""

    __slots__ = ("answered", "candidate", "in_flight", "keys", "member", "next_turn", "places")

    def __init__(self, member: Member, candidate: Candidate) -> None:
        self.member = member
        self.candidate = candidate
        self.keys: tuple[Key, ...] = ()  # of the scopes it is part of; (): to be found out
        self.next_turn = 0.0
        self.in_flight = 0
        self.answered = 0  # of those in flight, whose content has begun to come
        self.places: list[Standing] = []  # one on each bench it sits on

    def take_turn(self, present: float) -> float:
        """Go, and return at which turn; `present` is that of the others."""
        turn = max(self.next_turn, present)
        self.next_turn = turn + 1 / self.member.weight
        return turn
