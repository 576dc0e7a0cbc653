"""Starting an example, and asking it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENCE = 60.0  # seconds until an example listens


@asynccontextmanager
async def example(script: str, config: str, folder: Path) -> AsyncIterator[str]:
    """Run an example with a configuration for as long as the block lasts; return where it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = folder / "config.yaml"
    file.write_text(f"host: 127.0.0.1\nport: {port}\nauth-dir: {folder / 'auths'}\nshutdown-seconds: 0\n{config}")
    process = subprocess.Popen([sys.executable, str(EXAMPLES / script), str(file)])
    try:
        async with asyncio.timeout(PATIENCE):
            while not await _listens(port):
                assert process.poll() is None, "the example ended"
                await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
