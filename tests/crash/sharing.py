"""
A process that refreshes an account over and over, beside another: `python -m tests.crash.sharing FOLDER URL TIMES`.

Each time it asks for a token other than the one it has. Where the other process got one meanwhile, that will do.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from cliproxy.runtime import refreshing
from tests.crash.tending import tending


async def main(folder: Path, url: str, times: int) -> None:
    refreshing.JUST_NOW = 0.0  # nobody refreshes so often; here somebody does
    async with tending(folder, url) as one:
        for _ in range(times):
            before = one.credential("ann").secret
            renewed = await one.refresher.fresh("ann.json")
            assert renewed.secret != before
            await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
