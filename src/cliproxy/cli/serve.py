"""`serve`: the gateway, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import structs

from cliproxy.config.environment import Environment
from cliproxy.config.folders import holds_any
from cliproxy.config.load import Loaded, load
from cliproxy.config.schema import Config
from cliproxy.errors import ConfigError, SetupError
from cliproxy.gateway import Gateway, files_of
from cliproxy.runtime import logs
from cliproxy.stores.base import StoreError

UNUSABLE = 2  # exit code: nothing was started
USUAL = Path("config.yaml")
NOTHING_YET = """\
There is no config.yaml here, no key in the environment, and no account: nothing to serve yet. You could
  log in to an account:    cli-proxy-api login claude       (or codex, gemini, qwen, ...)
  give an API key:         ANTHROPIC_API_KEY=... cli-proxy-api serve
  write a configuration:   docs/guide/configuration.md, config.example.yaml
  or look around first:    cli-proxy-api demo"""


def serve(path: Path | None, *, host: str | None, port: int | None, enable_oauth: bool = False) -> int:
    """Serve a configuration and return the exit code."""
    file = path or USUAL
    try:
        environment = Environment.read(os.environ)
        loaded = load(file) if path or file.exists() else Loaded(Config(), ())
    except ConfigError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        for beside in error.warnings:
            print(f"warning: {beside}", file=sys.stderr)
        print("nothing was started", file=sys.stderr)
        return UNUSABLE
    for warning in loaded.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if not (path or file.exists() or enable_oauth or environment.keys or holds_any(loaded.config.auth_folder())):
        print(NOTHING_YET, file=sys.stderr)
        return UNUSABLE
    said = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    for line in environment.told(structs.replace(loaded.config, **said)):
        print(line, file=sys.stderr)

    def overridden(config: Config) -> Config:
        """Return a configuration with what the command line and the environment say."""
        return environment.added_to(structs.replace(config, **said))

    config = overridden(loaded.config)
    logs.configure(debug=config.debug)
    return run(lambda: _serve(config, file, overridden, offers_logins=enable_oauth))


async def _serve(
    config: Config, path: Path, overridden: Callable[[Config], Config], *, offers_logins: bool = False
) -> int:
    stop = stop_signal()
    attempts = logs.AttemptLog()

    def told(config: Config) -> None:
        logs.configure(debug=config.debug)
        attempts.configured()

    try:
        gateway = Gateway(
            config,
            store=files_of(config, path),
            usage_sinks=[attempts],
            offers_logins=offers_logins,
            name=str(path),
            overridden=overridden,
            told=told,
        )
    except SetupError as error:
        print(error, file=sys.stderr)
        return UNUSABLE
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
    _say_what_is_served(gateway, config, port)
    await stop.wait()
    print("stopping: requests in flight may finish", file=sys.stderr)
    await gateway.stop()
    return 0


def _say_what_is_served(gateway: Gateway, config: Config, port: int) -> None:
    scheme = "https" if config.tls.enable else "http"
    print(f"listening on {scheme}://{_in_address(config.host or '127.0.0.1')}:{port}", file=sys.stderr)
    models = gateway.snapshot.catalog.models
    print(f"{len(gateway.snapshot.credentials)} credentials, {len(models)} models", file=sys.stderr)
    for name, path in gateway.login_paths.items():
        print(f"log in to {name}: {scheme}://{_in_address(_here(config.host))}:{port}{path}", file=sys.stderr)
    if not config.api_keys:
        print("no client keys are set (`api-keys`): only clients on this machine are served", file=sys.stderr)


def _here(host: str) -> str:
    """Return by which name a browser on this machine gets to us."""
    return "localhost" if host in ("", "0.0.0.0", "::", "::1") else host  # noqa: S104 (compared with, not bound to)


def _in_address(host: str) -> str:
    """Return a host as an address has it: of IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


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
