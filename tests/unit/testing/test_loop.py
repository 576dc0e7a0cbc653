"""The loop with virtual time."""

from __future__ import annotations

import asyncio
import time

import pytest

from cliproxy.testing.loop import Deadlock, Livelock, OutsideError, VirtualLoop, WallClock, run

YEAR = 365 * 24 * 3600.0


async def races(runners: int = 6, laps: int = 3) -> list[int]:
    """Return the order in which equals come in."""
    order: list[int] = []

    async def runner(number: int) -> None:
        for _ in range(laps):
            await asyncio.sleep(1)
            order.append(number)

    await asyncio.gather(*(runner(number) for number in range(runners)))
    return order


async def test_a_year_passes_at_once() -> None:
    """Rests of weeks are tried out in a test that takes no time."""

    async def story() -> float:
        await asyncio.sleep(YEAR)
        return asyncio.get_running_loop().time()

    started = time.monotonic()
    assert await asyncio.to_thread(run, story(), 1) == YEAR
    assert time.monotonic() - started < 5


def test_timers_come_in_the_order_of_their_times() -> None:
    """Chance is only among what happens at the same moment."""

    async def story() -> list[float]:
        came: list[float] = []
        loop = asyncio.get_running_loop()
        for when in (5.0, 1.0, 3.0, 2.0, 4.0):
            loop.call_at(when, came.append, when)
        await asyncio.sleep(6)
        return came

    assert all(run(story(), seed) == [1.0, 2.0, 3.0, 4.0, 5.0] for seed in range(10))


def test_the_seed_is_the_history() -> None:
    """A failure found once can be looked at again; and another seed tries something else."""
    assert run(races(), 7) == run(races(), 7)
    assert len({tuple(run(races(), seed)) for seed in range(10)}) > 5


def test_every_runner_takes_part() -> None:
    """Another order loses nobody."""
    assert sorted(run(races(), 3)) == sorted([*range(6)] * 3)


def test_tasks_in_a_set_keep_their_order() -> None:
    """A set of tasks is sorted by their numbers and not by where in memory they lie, so that a run repeats."""

    async def story() -> list[str]:
        tasks = {asyncio.create_task(asyncio.sleep(0), name=str(number)) for number in range(50)}
        names = [task.get_name() for task in tasks]
        await asyncio.wait(tasks)
        return names

    assert run(story(), 1) == run(story(), 1)


def test_timeouts_and_cancellation_work() -> None:
    """What asyncio offers works as it does elsewhere."""

    async def story() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await asyncio.Event().wait()
        task = asyncio.create_task(asyncio.sleep(100))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return asyncio.get_running_loop().time()

    assert run(story(), 1) == 31


def test_cancelled_timers_are_forgotten() -> None:
    """Every request has timeouts far away that are cancelled; they must not pile up."""

    async def story() -> int:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        for _ in range(5_000):
            loop.call_later(YEAR, print).cancel()
        return len(loop._timers)

    assert run(story(), 1) < 500


def test_a_deadlock_is_named() -> None:
    """Who waits for ever, and where, is the first thing one wants to know."""

    async def waits_for_godot() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match=r"waits_for_godot, line \d+"):
        run(waits_for_godot(), 1)


def test_a_livelock_is_named() -> None:
    """Trying again at once, for ever, would hang the test."""

    async def tries_again() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(Livelock, match="tries_again"):
        run(tries_again(), 1)


@pytest.mark.parametrize("what", ["thread", "socket", "process"])
def test_the_real_world_is_out_of_reach(what: str) -> None:
    """A thread or a socket would bring its own time along."""

    async def story() -> None:
        match what:
            case "thread":
                await asyncio.to_thread(print)
            case "socket":
                await asyncio.open_connection("127.0.0.1", 1)
            case _:
                await asyncio.create_subprocess_exec("true")

    with pytest.raises(OutsideError):
        run(story(), 1)


def test_a_task_that_nobody_awaits_fails_the_run() -> None:
    """Elsewhere its error is a line in a log."""

    async def story() -> None:
        async def breaks() -> None:
            raise ValueError("forgotten")

        task = asyncio.create_task(breaks())
        await asyncio.sleep(1)
        del task

    with pytest.raises(ValueError, match="forgotten"):
        run(story(), 1)


def test_the_wall_clock_can_be_put_forward_and_back() -> None:
    """Machines are; what waits on the loop does not notice."""

    async def story() -> list[float]:
        clock = WallClock(asyncio.get_running_loop(), 1_000.0)
        await asyncio.sleep(5)
        clock.jump(-3600)
        shown = clock()
        await asyncio.sleep(5)
        return [shown, clock(), clock.true]

    assert run(story(), 1) == [1_005.0 - 3600, 1_010.0 - 3600, 1_010.0]
