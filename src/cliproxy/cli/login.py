"""`login`: an account becomes a credential file, whether or not a gateway is running."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
import time
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console

from cliproxy import providers as provider_package
from cliproxy.cli.account_facts import facts_of, rows_of
from cliproxy.cli.browser import can_open, open_page, tunnel_hint
from cliproxy.cli.keyboard import Keyboard
from cliproxy.cli.login_screen import LoginScreen
from cliproxy.cli.serve import UNUSABLE, USUAL, run, stop_signal
from cliproxy.cli.visible import visible
from cliproxy.config.environment import Environment
from cliproxy.config.load import load
from cliproxy.config.schema import Config
from cliproxy.discovery import announced, declared, joined
from cliproxy.errors import ConfigError, LoginError, SetupError
from cliproxy.gateway import PROVIDERS, files_of
from cliproxy.login.answers import answer_in
from cliproxy.login.flow import LoginKind
from cliproxy.providers.base import Provider
from cliproxy.runtime.clients import clients_of
from cliproxy.runtime.logins import Logins, NoSuchLogin
from cliproxy.runtime.newcomers import Saved
from cliproxy.runtime.open_login import OpenLogin, Stage
from cliproxy.server.callback import Callbacks, PortTaken
from cliproxy.transport.transports import Transports
from cliproxy.wire.http import Ask

FAILED, PORT_TAKEN, GIVEN_UP = 1, 13, 130  # exit codes; the second is the Go program's
LONGEST_FILE = 1024 * 1024  # bytes of a key file

NAMES = {
    "anthropic": "claude",
    "chatgpt": "codex",
    "gemini": "gemini-cli",
    "google": "gemini-cli",
    "moonshot": "kimi",
    "openai": "codex",
}


class Wish(Struct, frozen=True, kw_only=True):
    """What somebody wants to log in to, and how."""

    provider: str
    kind: LoginKind | None = None
    options: dict[str, str] = {}
    file: Path | None = None  # that the vendor gave him
    opens_browser: bool = True
    port: int = 0  # for the browser to come back to; 0: the provider's
    config: Path | None = None
    as_json: bool = False


def login(wish: Wish) -> int:
    """Log in and return the exit code."""
    console = Console(stderr=wish.as_json, highlight=False)
    try:
        config, path = _configuration(wish.config)
    except ConfigError as error:
        return _failed(wish, error)
    return run(lambda: _until_told(wish, config, path, console))


async def _until_told(wish: Wish, config: Config, path: Path, console: Console) -> int:
    """Log in, unless somebody presses Ctrl-C first."""
    stop = asyncio.create_task(stop_signal().wait())
    task = asyncio.create_task(_login(wish, config, path, console))
    await asyncio.wait((stop, task), return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        return task.result()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    print("given up", file=sys.stderr)
    return GIVEN_UP


async def _login(wish: Wish, config: Config, path: Path, console: Console) -> int:
    try:
        with Keyboard() as keyboard:
            screen = LoginScreen(console, keyboard)
            saved = await _Login(wish, config, path, screen, keyboard).run()
    except SetupError as error:
        return _failed(wish, error)
    if wish.as_json:
        _print_json(facts_of(saved, config))
    return 0


class _Login:
    """One login, before a person."""

    def __init__(self, wish: Wish, config: Config, path: Path, screen: LoginScreen, keyboard: Keyboard) -> None:
        self._wish = wish
        self._config = config
        self._screen = screen
        self._keyboard = keyboard
        shipped = declared(provider_package, "PROVIDER", Provider)
        self._providers = joined(shipped, announced(PROVIDERS, Provider))
        self._provider = NAMES.get(wish.provider.lower(), wish.provider.lower())
        self._path = path

    async def run(self) -> Saved:
        """Begin, wait, end. Raises SetupError."""
        transports = Transports(self._config)
        logins = Logins(
            files_of(self._config, self._path),
            self._providers,
            transports.all,
            clock=time.time,
            sleep=asyncio.sleep,
            entropy=secrets.token_bytes,
            clients=clients_of(self._config, self._providers),
        )
        try:
            provider = self._providers.get(self._provider)
            if provider is not None and provider.notice and provider.login(self._wish.kind) is not None:
                self._screen.say(provider.notice, style="yellow")
            open_login = await logins.begin(
                self._provider, self._wish.kind, options=self._wish.options, port=self._wish.port
            )
            saved = await self._ended(logins, open_login)
        finally:
            await transports.close()
        self._show(saved)
        return saved

    async def _ended(self, logins: Logins, login: OpenLogin) -> Saved:
        async with contextlib.AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(Callbacks(logins).awaiting(login))
            except PortTaken as error:
                if self._wish.opens_browser or not self._screen.is_interactive:
                    raise
                self._screen.say(str(error), style="yellow")
            self._show_way(login)
            ending = asyncio.create_task(login.run(ask=self._screen.ask))
            try:
                await self._brought(login)
                return await ending
            finally:
                ending.cancel()
                await asyncio.gather(ending, return_exceptions=True)

    def _show_way(self, login: OpenLogin) -> None:
        """Say where the person goes on, and go there with him if we can."""
        session = login.session
        if not session.url:
            return
        opens = self._wish.opens_browser and can_open(os.environ)
        self._screen.say("Your browser opens this page:" if opens else "Open this page in a browser:")
        self._screen.say(session.url, style="bold")
        if session.user_code:
            self._screen.show_code(session.user_code)
        if session.callback is not None and not opens:
            self._screen.say("If that browser runs on another machine, lead it here first, from there:")
            self._screen.say(f"  {tunnel_hint(session.callback, login.port, os.environ)}")
        if opens:
            open_page(session.url)

    async def _brought(self, login: OpenLogin) -> None:
        """Wait until the person has brought an answer, in whichever way, if one is needed."""
        session = login.session
        if session.question:
            login.answer({"answer": await self._said(login)})
        elif session.state:
            pasting = self._screen.is_interactive
            async with self._screen.waiting("the browser to come back", session.expires_at, pasting=pasting):
                await (self._pasted(login) if pasting else login.answered())
        else:
            async with self._screen.waiting("you to be done there", session.expires_at):
                await login.outcome(seconds=max(0.0, session.expires_at - time.time()))

    async def _said(self, login: OpenLogin) -> str:
        session = login.session
        if session.kind is not LoginKind.KEY_FILE:
            return await self._screen.ask(Ask(session.question, is_secret=session.is_secret))
        path = str(self._wish.file or await self._screen.ask(Ask(session.question)))
        if not path:
            raise LoginError(f"{session.provider}: no key file was named; say --file and where it is")
        return _content(Path(path))

    async def _pasted(self, login: OpenLogin) -> None:
        """Take an address that the person pastes, unless the browser comes back by itself."""
        answered = asyncio.create_task(login.answered())
        try:
            while login.stage is Stage.WAITING:
                line = asyncio.create_task(self._keyboard.line())
                await asyncio.wait((line, answered), return_when=asyncio.FIRST_COMPLETED)
                if not line.done():
                    line.cancel()
                elif (pasted := line.result()) is None:
                    await answered
                elif pasted.strip() and not answered.done():
                    self._take(login, pasted)
        finally:
            answered.cancel()

    def _take(self, login: OpenLogin, pasted: str) -> None:
        """Answer with what was pasted; a slip costs nothing but another try."""
        try:
            answer = answer_in(pasted)
        except LoginError as error:
            self._screen.say(str(error), style="yellow")
            return
        if answer.get("state", login.session.state) != login.session.state:
            self._screen.say("That address belongs to another login; paste the one of this login.", style="yellow")
            return
        login.answer(answer)

    def _show(self, saved: Saved) -> None:
        again = "again, its file has the new tokens" if saved.replaced else "its file is new"
        self._screen.say(f"Logged in; {again}.", style="green")
        self._screen.show_account(rows_of(facts_of(saved, self._config)))
        for note in saved.notes:
            self._screen.say(f"Note: {note}.", style="yellow")
        self._screen.say("A gateway that is running takes it up by itself; `cli-proxy-api serve` starts one.")
        self._screen.say(f"`cli-proxy-api accounts test {saved.account}` makes a small call with it.")


def _failed(wish: Wish, error: SetupError) -> int:
    """Say why there is no account, and return the exit code."""
    print(f"login failed: {visible(str(error))}", file=sys.stderr)
    if wish.as_json:
        _print_json({"ok": False, "provider": wish.provider, "problem": str(error)})
    match error:
        case PortTaken():
            return PORT_TAKEN
        case NoSuchLogin():
            return UNUSABLE
        case LoginError():
            return FAILED
        case _:  # of the configuration, or of a package that extends us
            return UNUSABLE


def kind_of(*, device: bool, cookie: bool, file: Path | None) -> LoginKind | None:
    """Return how somebody wants to log in; None: as is usual there."""
    if device:
        return LoginKind.DEVICE
    if cookie:
        return LoginKind.COOKIE
    return LoginKind.KEY_FILE if file is not None else None


def _configuration(path: Path | None) -> tuple[Config, Path]:
    """Return the configuration, and where it is, or would be. Raises ConfigError."""
    environment, file = Environment.read(os.environ), path or USUAL
    config = load(file).config if path or file.exists() else Config()
    return environment.added_to(config), file


def _content(path: Path) -> str:
    """Return what a key file holds. Raises LoginError."""
    try:
        with path.expanduser().open("rb") as file:
            data = file.read(LONGEST_FILE + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LoginError(f"{path} cannot be read: {reason}. Name the key file that the vendor gave you") from None
    if len(data) > LONGEST_FILE:
        raise LoginError(f"{path} is longer than {LONGEST_FILE} bytes, so it is no key file")
    return data.decode("utf-8-sig", "replace")


def _print_json(facts: dict[str, object]) -> None:
    print(msgspec.json.encode(facts).decode())
