"""An authority that nobody knows, and certificates from it."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.gateway.proxies import join

_EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


class Authority:
    """Made in a folder; its certificate is `file`."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "ca.pem"
        self._key = folder / "ca.key"
        self._folder = folder
        usage = "keyUsage=critical,keyCertSign,cRLSign"
        _openssl("req", "-x509", *_EC, "-subj", "/CN=Nobody", "-addext", usage, "-keyout", self._key, "-out", self.file)

    def server(self, name: str = "localhost") -> ssl.SSLContext:
        """Return what a server of 127.0.0.1, and of a name, shows."""
        key, asked, cert = (self._folder / f"{name}.{kind}" for kind in ("key", "csr", "pem"))
        extensions = self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName=IP:127.0.0.1,DNS:{name}\nauthorityKeyIdentifier=keyid\n")
        _openssl("req", *_EC, "-subj", f"/CN={name}", "-keyout", key, "-out", asked)
        signed = ("-CA", self.file, "-CAkey", self._key, "-CAcreateserial", "-days", "2", "-extfile", extensions)
        _openssl("x509", "-req", "-in", asked, *signed, "-out", cert)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(cert, key)
        return context


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


@asynccontextmanager
async def tls_before(port: int, shown: ssl.SSLContext) -> AsyncIterator[int]:
    """Serve TLS on the port that is given, before a server of this machine that speaks none."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        there = await asyncio.open_connection("127.0.0.1", port)
        try:
            await join((reader, writer), there)
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=shown)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
