"""Clients: what they ask, turn by turn, and what reaches them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from random import Random
from typing import Any

import msgspec

from cliproxy.errors import GatewayError
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import HeaderList
from tests.gateway.asking import CHAT, MESSAGES, RESPONSES
from tests.simulation.journal import Journal

_GEMINI = {"user": "user", "assistant": "model"}


class Talk:
    """One conversation; each turn repeats what was said before, as clients do."""

    def __init__(self, number: int, dialect: str, model: str, client: str, turns: int) -> None:
        self.number = number
        self.dialect = dialect
        self.model = model
        self.client = client
        self.turns = turns
        self.turn = 0
        self._said: list[tuple[str, str]] = []

    @property
    def marker(self) -> str:
        """A word of the present turn; the simulated model repeats it."""
        return f"q{self.number}x{self.turn}"

    @property
    def headers(self) -> dict[str, str]:
        return {"content-type": "application/json"}

    def ask(self, *, stream: bool) -> tuple[bytes, dict[str, str]]:
        """Begin the next turn; return its body, and what its path says."""
        if self.turn:
            self._said.append(("assistant", f"Answer {self.turn}."))
        self.turn += 1
        self._said.append(("user", f"Question {self.marker} please"))
        body: dict[str, Any] = {"model": self.model, "stream": stream}
        messages = [{"role": role, "content": text} for role, text in self._said]
        path: dict[str, str] = {}
        if self.dialect == CHAT:
            body["messages"] = messages
        elif self.dialect == RESPONSES:
            body |= {"input": messages, "store": False}
        elif self.dialect == MESSAGES:
            body |= {"messages": messages, "max_tokens": 1000, "metadata": {"user_id": f"team of {self.client}"}}
        else:
            body = {"contents": [{"role": _GEMINI[role], "parts": [{"text": text}]} for role, text in self._said]}
            method = "streamGenerateContent" if stream else "generateContent"
            path = {"model": self.model, "method": method, "alt": "sse"}
        return msgspec.json.encode(body), path


class Client:
    """The way back to one client; it may read slowly, and it may leave."""

    def __init__(self, journal: Journal, marker: str, chance: Random, *, lags: bool) -> None:
        self.endings = 0
        self.error: GatewayError | None = None
        self.has_left = False
        self.is_cut_off = False  # the process died
        self.body = bytearray()
        self._journal = journal
        self._marker = marker
        self._chance = chance
        self._lags = lags
        self._buffer: list[bytes] = []
        self._has_begun = False

    def begin(self, framing: Framing, headers: HeaderList) -> None:
        if self._has_begun:
            self._journal.fail(f"{self._marker}: the stream began twice")
        self._has_begun = True

    def write(self, units: Iterable[bytes]) -> None:
        before = len(self._buffer)
        self._buffer.extend(units)
        if len(self._buffer) > before and self.endings:
            self._journal.fail(f"{self._marker}: more was said after the end")

    async def flush(self) -> None:
        if not self._buffer:
            return
        if not self._has_begun:
            self._journal.fail(f"{self._marker}: a stream was sent that had not begun")
        self.body += b"".join(self._buffer)
        self._buffer.clear()
        if self._lags:
            await asyncio.sleep(self._chance.uniform(0.1, 3.0))

    async def finish(self) -> None:
        await self.flush()
        self._end("finished")

    async def whole(self, body: bytes, headers: HeaderList) -> None:
        if self._has_begun:
            self._journal.fail(f"{self._marker}: a whole reply in the middle of a stream")
        self.body += body
        self._end("whole")

    async def fail(self, error: GatewayError) -> None:
        self.error = error
        self._buffer.clear()
        self._end(f"{'told inside' if self._has_begun else 'told'} {error.status} {error.code}: {error.message[:120]}")

    def _end(self, how: str) -> None:
        self.endings += 1
        self._journal.note(f"{self._marker} {how}")
        if self.endings > 1:
            self._journal.fail(f"{self._marker} was answered twice")
