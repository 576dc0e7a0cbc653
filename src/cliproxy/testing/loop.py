"""
An event loop in which time is virtual and the order of what is ready comes from a seed.

    assert run(story(), seed=7) == run(story(), seed=7)

Nothing here waits: when nobody has anything to do, the time jumps to the next timer. What is ready at the same moment
runs in an order that the seed decides. So another seed is another history, and the same seed is the same one, as long
as the story takes its chances from a seeded `random.Random` and its time from `loop.time()` or a `WallClock`.

There are no sockets, threads, signals or child processes: asking for one raises `OutsideError`. A story that cannot go
on raises `Deadlock`, one that goes round in circles while no time passes `Livelock`.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, NoReturn, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MOST_TURNS = 100_000  # of the loop in which no time passes
_FEW = 100  # cancelled timers that do no harm


class SimulationError(Exception):
    """The story cannot go on."""


class Deadlock(SimulationError):  # noqa: N818 (the word everybody knows)
    """Everybody waits for somebody, and nobody for a timer."""


class Livelock(SimulationError):  # noqa: N818 (the word everybody knows)
    """Somebody is busy without end, and no time passes."""


class OutsideError(SimulationError):
    """Something of the real world was asked for."""


def run(story: Coroutine[Any, Any, T], seed: int) -> T:
    """
    Run a story to its end and return what it returns; tasks that it left behind are cancelled, as `asyncio.run` does.

    Raises:
        SimulationError: It cannot go on, or asks for the real world.
        BaseException: Whatever it raises, or a callback or a task that nobody awaited.
    """
    loop = VirtualLoop(seed)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        result = runner.run(story)
    if loop.broken:
        raise loop.broken[0]
    return result


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise OutsideError("the simulation has no sockets, threads, signals or child processes")


_outside: Any = _refuse


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop with a time of its own: it begins at 0 and moves when nobody has anything to do."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.broken: list[BaseException] = []  # what callbacks and forgotten tasks raised
        self._shuffle = random.Random(seed).shuffle  # noqa: S311 (chance, not secrecy)
        self._now = 0.0
        self._turns = 0  # in which no time has passed
        self._queue: list[asyncio.Handle] = []
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []  # a heap
        self._cancelled = 0  # of the timers
        self._serial = 0  # of tasks and timers
        self.set_task_factory(self._numbered)
        self.set_exception_handler(self._noted)

    def time(self) -> float:
        """Return the seconds since the beginning."""
        return self._now

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Put a callback among those that run next."""
        handle = asyncio.Handle(callback, args, self, context)
        self._queue.append(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Let a callback run at a time of this loop; `call_later` comes here too."""
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._serial += 1
        heapq.heappush(self._timers, (when, self._serial, timer))
        return timer

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """There is one thread; Ctrl-C comes this way."""
        return self.call_soon(callback, *args, context=context)

    def _run_once(self) -> None:
        """Do what is ready; `run_forever` calls this over and over, until it is stopped."""
        timers = self._timers
        if not self._queue:
            while timers and timers[0][2].cancelled():
                heapq.heappop(timers)
                self._cancelled -= 1
            if not timers:
                raise Deadlock(f"nothing will ever happen again; {self._state()}")
            self._move_to(timers[0][0])
        while timers and timers[0][0] <= self._now:
            timer = heapq.heappop(timers)[2]
            if timer.cancelled():
                self._cancelled -= 1
            self._queue.append(timer)
        self._turns += 1
        if self._turns > MOST_TURNS:
            raise Livelock(f"{MOST_TURNS} turns, and no time has passed; {self._state()}")
        batch, self._queue = self._queue, []
        if len(batch) > 1:
            self._shuffle(batch)
        for handle in batch:
            if not handle.cancelled():
                handle._run()

    def _move_to(self, when: float) -> None:
        if when > self._now:
            self._now = when
            self._turns = 0

    def _timer_handle_cancelled(self, _: asyncio.TimerHandle) -> None:
        """A timer says so when it is cancelled. Most are; without them the heap is rebuilt now and then."""
        self._cancelled += 1
        if self._cancelled > _FEW and self._cancelled * 2 > len(self._timers):
            self._timers = [entry for entry in self._timers if not entry[2].cancelled()]
            heapq.heapify(self._timers)
            self._cancelled = 0

    def _numbered(self, _: asyncio.AbstractEventLoop, coroutine: Any, **more: Any) -> asyncio.Task[Any]:
        self._serial += 1
        return _Task(coroutine, loop=self, serial=self._serial, **more)

    def _noted(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.broken.append(context.get("exception") or SimulationError(context["message"]))

    def _state(self) -> str:
        tasks = sorted((task for task in asyncio.all_tasks(self) if not task.done()), key=hash)
        return f"after {self._now:.3f} s these wait: {'; '.join(map(_place, tasks)) or 'none'}"

    run_in_executor = _outside
    add_reader = add_writer = add_signal_handler = _outside
    sock_recv = sock_recv_into = sock_sendall = sock_connect = sock_accept = _outside
    getaddrinfo = getnameinfo = create_connection = create_server = create_datagram_endpoint = _outside
    create_unix_connection = create_unix_server = connect_read_pipe = connect_write_pipe = _outside
    subprocess_exec = subprocess_shell = _outside


class WallClock:
    """
    Unix time beside a loop's own, as a machine shows it: it can be put forward and back while the loop goes on.

    `Gateway(config, clock=WallClock(loop))`.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, start: float = 1_800_000_000.0) -> None:
        self._time = loop.time
        self._start = start
        self.error = 0.0  # seconds by which it is ahead of the truth

    @property
    def true(self) -> float:
        """Unix time as it is, whatever this clock shows."""
        return self._start + self._time()

    def __call__(self) -> float:
        """Return the unix time it shows."""
        return self._start + self._time() + self.error

    def jump(self, seconds: float) -> None:
        """Put it forward, or back."""
        self.error += seconds


class _Task(asyncio.Task[Any]):
    """A task with its own place in sets, which otherwise depends on where in memory it lies."""

    def __init__(self, coroutine: Any, *, serial: int, **more: Any) -> None:
        self._serial = serial
        super().__init__(coroutine, **more)

    def __hash__(self) -> int:
        return self._serial


def _place(task: asyncio.Task[Any]) -> str:
    frames = task.get_stack(limit=1)
    where = f", line {frames[0].f_lineno}" if frames else ""
    return f"{task.get_name()} in {getattr(task.get_coro(), '__qualname__', task.get_coro())}{where}"
