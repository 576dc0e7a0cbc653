"""What goes on beside the requests."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from cliproxy.runtime.jobs import Jobs


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_that_breaks_off_is_told_and_begins_again() -> None:
    begun = 0

    async def breaking() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise RuntimeError("no more paper")

    jobs = Jobs(rest=0)
    with capture_logs() as logs:
        jobs.begin("print", breaking)
        await settled()
    await jobs.stop()

    assert begun == 3
    assert [(line["job"], "no more paper" in line["trace"]) for line in logs] == [("print", True)] * 2


async def test_another_of_the_same_name_replaces_it() -> None:
    told: list[str] = []

    async def waiting(name: str) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            told.append(name)

    jobs = Jobs()
    jobs.begin("job", lambda: waiting("first"))
    await settled()
    jobs.begin("job", lambda: waiting("second"))
    await settled()
    assert told == ["first"]

    await jobs.stop()
    assert told == ["first", "second"]
