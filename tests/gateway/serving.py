"""A gateway as operators run it: `cli-proxy-api serve`, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_LISTENING = re.compile(rb"listening on (http://\S+)")


class Process:
    """A gateway that is listening."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def terminate(self) -> None:
        self.process.terminate()


@asynccontextmanager
async def gateway_process(folder: Path, upstream: str, *more: str) -> AsyncIterator[Process]:
    """Serve one model, `openai_chat`, of an upstream; `more` are lines of the configuration."""
    lines = [
        "host: 127.0.0.1",
        "port: 0",
        "request-retry: 0",
        *more,
        "openai-compatibility:",
        "  - name: simulator",
        f"    base-url: {upstream}/v1",
        "    api-key-entries: [{api-key: sk-first-secret}]",
        "    models: [{name: simulated, alias: openai_chat}]",
    ]
    config = folder / "config.yaml"
    config.write_text("\n".join(lines))
    command = [sys.executable, "-m", "cliproxy", "serve", "--config", str(config)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE, env=dict(os.environ))
    try:
        yield Process(process, await _address(process))
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    told = b""
    async with asyncio.timeout(20):
        while line := await process.stderr.readline():
            told += line
            if found := _LISTENING.search(line):
                return found[1].decode()
    raise AssertionError(told.decode())
