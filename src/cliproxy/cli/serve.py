"""`serve`: the gateway, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import structs

from cliproxy.config.load import load
from cliproxy.config.schema import Config
from cliproxy.errors import ConfigError, SetupError
from cliproxy.gateway import Gateway, files_of
from cliproxy.runtime import logs
from cliproxy.stores.base import StoreError

UNUSABLE = 2  # exit code: nothing was started


def serve(path: Path, *, host: str | None, port: int | None) -> int:
    """Serve a configuration and return the exit code."""
    try:
        loaded = load(path)
    except ConfigError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        for beside in error.warnings:
            print(f"warning: {beside}", file=sys.stderr)
        print(f"{path} cannot be used; nothing was started.", file=sys.stderr)
        return UNUSABLE
    for warning in loaded.warnings:
        print(f"warning: {warning}", file=sys.stderr)

    def overridden(config: Config) -> Config:
        """Return a configuration with what the command line says."""
        said = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
        return structs.replace(config, **said)

    config = overridden(loaded.config)
    logs.configure(debug=config.debug)
    return run(lambda: _serve(config, path, overridden))


async def _serve(config: Config, path: Path, overridden: Callable[[Config], Config]) -> int:
    stop = stop_signal()
    attempts = logs.AttemptLog()

    def told(config: Config) -> None:
        logs.configure(debug=config.debug)
        attempts.configured()

    gateway = Gateway(
        config,
        store=files_of(config, path),
        usage_sinks=[attempts],
        name=str(path),
        overridden=overridden,
        told=told,
    )
    try:
        port = await gateway.start()
    except (SetupError, StoreError) as error:
        print(error, file=sys.stderr)
        await gateway.stop()
        return UNUSABLE
    except OSError as error:
        where = f"{config.host or '*'}:{config.port}"
        print(f"cannot listen on {where}: {error.strerror or error}", file=sys.stderr)
        await gateway.stop()
        return 1
    gc.freeze()  # what was built by now stays: looking through it for garbage costs requests 4 % of their time
    scheme = "https" if config.tls.enable else "http"
    print(f"listening on {scheme}://{config.host or '127.0.0.1'}:{port}", file=sys.stderr)
    models = gateway.snapshot.catalog.models
    print(f"{len(gateway.snapshot.credentials)} credentials, {len(models)} models", file=sys.stderr)
    if not config.api_keys:
        print("no client keys are set (`api-keys`): only clients on this machine are served", file=sys.stderr)
    await stop.wait()
    print("stopping: requests in flight may finish", file=sys.stderr)
    await gateway.stop()
    return 0


def stop_signal() -> asyncio.Event:
    """Return what is set at SIGTERM or Ctrl-C. From now on neither ends the program by itself."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises instead
            loop.add_signal_handler(name, stop.set)
    return stop


def run(main: Callable[[], Awaitable[int]]) -> int:
    """Run a coroutine on the fastest loop there is."""

    async def started() -> int:
        return await main()

    try:
        import uvloop
    except ImportError:
        return asyncio.run(started())
    return uvloop.run(started())
