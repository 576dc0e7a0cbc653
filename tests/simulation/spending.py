"""Sees to it that no refresh token is spent twice, but where the answer to the first time was lost."""

from __future__ import annotations

from msgspec import Struct

from cliproxy.simulator import Call
from cliproxy.simulator.tokens import TokenServer
from tests.simulation.journal import Journal


class _Spent(Struct):
    call: Call
    life: int  # of the process that asked
    times: int  # that it was exchanged


class Spending:
    """Every refresh token that was exchanged, and whether the answer can have arrived."""

    def __init__(self, journal: Journal) -> None:
        self.life = 1  # of the gateway; each crash begins another
        self.retries = 0
        self._journal = journal
        self._spent: dict[str, _Spent] = {}

    def presented(self, tokens: TokenServer, call: Call) -> None:
        """Note a refresh token that was presented, after it was judged."""
        token = call.key
        before = self._spent.get(token)
        if before is not None:
            if before.life == self.life and before.call.finished:
                self._journal.fail(f"{token} was presented again, though its new token had come")
            self.retries += 1
        times = tokens.exchanged[token]
        if times > (before.times if before is not None else 0):
            self._spent[token] = _Spent(call, self.life, times)
