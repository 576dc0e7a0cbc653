"""What goes on beside the requests: each job has a name, and one that breaks off begins again."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable

import structlog

REST = 5.0  # seconds before one that broke off begins again

Job = Callable[[], Awaitable[None]]


class Jobs:
    """Jobs by name. One that comes to its end is over; one that breaks harms nothing else."""

    def __init__(self, *, rest: float = REST) -> None:
        self._rest = rest
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._log = structlog.get_logger()

    def begin(self, name: str, job: Job) -> None:
        """Begin a job, instead of the one that has its name."""
        if name in self._tasks:
            self._tasks[name].cancel()
        self._tasks[name] = asyncio.create_task(self._kept_up(name, job))

    async def stop(self) -> None:
        """Cancel all, and wait until they have tidied up."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _kept_up(self, name: str, job: Job) -> None:
        while True:
            try:
                return await job()
            except Exception:  # noqa: BLE001 (whatever it is, requests go on)
                self._log.error("a job broke off", job=name, trace=traceback.format_exc(), again_in=self._rest)
            await asyncio.sleep(self._rest)
