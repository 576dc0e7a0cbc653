"""
One login under way: what the person must do, whether he has, and what came of it.

It is answered once. Whoever runs it waits for the answer and ends it; others may ask meanwhile how far it came.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from cliproxy.errors import LoginError
from cliproxy.login.flow import LoginSession
from cliproxy.runtime.newcomers import Saved
from cliproxy.transport.steps import Asked, nobody

LONGEST_NAP = 1.0  # seconds between two looks at the clock: the machine may have slept

Answer = Mapping[str, str]
Ending = Callable[[Answer, Asked], Awaitable[Saved]]
"""Asks the vendor for the account, and writes its file. Raises LoginError."""


class Spent(LoginError):  # noqa: N818 (a state of the login)
    """A second answer to a login."""


class TooLate(LoginError):  # noqa: N818 (a state of the login)
    """An answer to a login whose time is over."""


class Cancelled(LoginError):  # noqa: N818 (a state of the login)
    """A login that somebody gave up."""


class Stage(enum.Enum):
    """How far a login came."""

    WAITING = "waiting"  # for the person
    ENDING = "ending"  # he has answered; the vendor is asked
    DONE = "done"
    FAILED = "failed"


class OpenLogin:
    """
    One login, from its beginning to its end.

    Args:
        id_: Its name; where a browser comes back with an answer, what it brings along as `state`.
        session: As it began.
        ending: Ends it.
        clock: Gives unix time.
    """

    def __init__(self, id_: str, session: LoginSession, ending: Ending, clock: Callable[[], float]) -> None:
        self.id = id_
        self.session = session
        self.saved: Saved | None = None
        self.error: LoginError | None = None
        self._ending = ending
        self._clock = clock
        self._answer: Answer | None = None
        self._answered = asyncio.Event()
        self._over = asyncio.Event()

    def __repr__(self) -> str:
        """The id may be the state, which is good for an answer."""
        return f"OpenLogin({self.session!r}, {self.stage.value})"

    @property
    def stage(self) -> Stage:
        """How far it came."""
        if self.saved is not None:
            return Stage.DONE
        if self.error is not None:
            return Stage.FAILED
        return Stage.ENDING if self._answered.is_set() else Stage.WAITING

    @property
    def needs_answer(self) -> bool:
        """Whether something must be brought back; else the vendor is asked until it knows."""
        return bool(self.session.state or self.session.question)

    @property
    def port(self) -> int:
        """Where to listen for the browser; 0: nowhere."""
        callback = self.session.callback
        return 0 if callback is None else self.session.start.port or callback.port

    def answer(self, answer: Answer) -> None:
        """Take what came back. Raises Spent, TooLate, or why the login was over before."""
        if self.error is not None:
            raise self.error
        if self._answered.is_set():
            raise Spent(f"this login at {self.session.provider} was answered already; begin another one")
        if self._clock() >= self.session.expires_at:  # whoever waits may not know yet: his machine has slept
            raise self._end(self._too_late())
        self._answer = dict(answer)
        self._answered.set()

    async def answered(self) -> None:
        """Wait until there is an answer, or no need of one any more."""
        await self._answered.wait()

    async def run(self, *, ask: Asked = nobody) -> Saved:
        """
        Wait for the answer, if one is needed, and end the login. Once for each login.

        Args:
            ask: Who answers the vendor's questions, e.g. which project it shall be.

        Raises:
            LoginError: It came to nothing.
        """
        try:
            if self.needs_answer:
                await self._wait()
            self.saved = await self._ending(self._answer or {}, ask)
            return self.saved
        except LoginError as error:
            self.error = self.error or error
            raise
        except BaseException:
            self.error = self.error or Cancelled(
                f"the login at {self.session.provider} was given up; begin another one"
            )
            raise
        finally:
            self._answered.set()
            self._over.set()

    async def finish(self, answer: Answer, *, ask: Asked = nobody) -> Saved:
        """End the login with an answer that is there. Raises LoginError."""
        self.answer(answer)
        return await self.run(ask=ask)

    async def outcome(self, *, seconds: float) -> Stage:
        """Return how far it came, once it is over, or after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self.stage

    def cancel(self) -> None:
        """Give it up, unless it is over. Whoever runs it is told by LoginError, if he still waits for the answer."""
        if self.stage is Stage.WAITING:
            self._end(Cancelled(f"the login at {self.session.provider} was given up; begin another one"))

    def is_past(self, *, now: float) -> bool:
        """Tell whether it is over, or its time is."""
        is_waiting = self.stage is Stage.WAITING
        return now >= self.session.expires_at if is_waiting else self.stage is not Stage.ENDING

    async def _wait(self) -> None:
        while not self._answered.is_set():
            left = self.session.expires_at - self._clock()
            if left <= 0:
                raise self._too_late()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, LONGEST_NAP)):
                    await self._answered.wait()
        if self.error is not None:
            raise self.error

    def _end(self, error: LoginError) -> LoginError:
        """End it without an answer, and return why."""
        self.error = error
        self._answered.set()
        self._over.set()
        return error

    def _too_late(self) -> TooLate:
        return TooLate(f"the time for this login at {self.session.provider} is over; begin another one")
