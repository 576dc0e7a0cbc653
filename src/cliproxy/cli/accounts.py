"""`accounts`: who there is and how he stands, switched off and on, removed, tested; whether or not a gateway runs."""

from __future__ import annotations

import asyncio
import os
import secrets
import shlex
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console

from cliproxy import dialects as dialect_package
from cliproxy import providers as provider_package
from cliproxy.cli.account_table import facts_of, page_of, show_all, show_one, show_verdict
from cliproxy.cli.batch import in_order
from cliproxy.cli.serve import UNUSABLE, USUAL, run
from cliproxy.cli.visible import in_line, visible
from cliproxy.config.environment import Environment
from cliproxy.config.load import load
from cliproxy.config.schema import Config
from cliproxy.credentials.files.document import DocumentError
from cliproxy.dialects.base import Dialect
from cliproxy.discovery import announced, declared, joined
from cliproxy.errors import SetupError
from cliproxy.gateway import PROVIDERS, files_of
from cliproxy.providers.base import Provider
from cliproxy.routing.known import KnownModels
from cliproxy.routing.offers import Menu
from cliproxy.runtime import logs
from cliproxy.runtime.account_files import AccountFiles
from cliproxy.runtime.clients import clients_of
from cliproxy.runtime.offered import offered
from cliproxy.runtime.standing import Standing, State, matching, standings
from cliproxy.runtime.trial import Trial, Verdict
from cliproxy.stores.base import StoreError
from cliproxy.stores.files import FileStore
from cliproxy.transport.transports import Transports

FAILED = 1  # exit code


class Wish(Struct, frozen=True, kw_only=True):
    """What somebody wants of which accounts."""

    names: tuple[str, ...] = ()
    config: Path | None = None
    as_json: bool = False
    all: bool = False
    model: str = ""
    is_sure: bool = False  # so that he is not asked


class _Desk:
    """Everything that is needed to look at accounts."""

    def __init__(self, wish: Wish) -> None:
        """Raises SetupError."""
        file = wish.config or USUAL
        environment = Environment.read(os.environ)
        config = load(file).config if wish.config or file.exists() else Config()
        self.config = environment.added_to(config)
        self.store: FileStore = files_of(self.config, file)
        self.providers = joined(declared(provider_package, "PROVIDER", Provider), announced(PROVIDERS, Provider))
        self.known = KnownModels.shipped()
        self.console = Console(highlight=False)

    async def listed(self) -> list[Standing]:
        """Return how all accounts stand. Raises StoreError."""
        return await standings(self.store, self.config, self.providers, self.known, clock=time.time)

    def menus(self, listed: Sequence[Standing]) -> dict[str, Menu | None]:
        """Return what credentials offer, by id."""
        accounts = [one.credential for one in listed if one.credential is not None and one.document]
        return {one.id: menu for one, menu in offered(self.config, accounts, self.providers, self.known)}


def show_list(wish: Wish) -> int:
    """List all accounts and keys."""

    async def shown(desk: _Desk) -> int:
        listed = await desk.listed()
        if wish.as_json:
            _print_json([facts_of(one) for one in listed])
        elif listed:
            show_all(desk.console, listed)
        else:
            print(f"there are no accounts in {desk.config.auth_folder()}, and no keys; cli-proxy-api login adds one")
        return 0

    return _run(wish, shown)


def show(wish: Wish) -> int:
    """Show all that is known of some accounts."""

    async def shown(desk: _Desk) -> int:
        found, code = _found(wish, await desk.listed())
        if wish.as_json:
            _print_json([page_of(one) for one in found])
        else:
            for place, one in enumerate(found):
                if place:
                    print()
                show_one(desk.console, one)
        return code

    return _run(wish, shown)


def switch(wish: Wish, *, disabled: bool) -> int:
    """Switch accounts off or on."""
    done, was = ("disabled", "was disabled already") if disabled else ("enabled", "was enabled already")

    async def switched(desk: _Desk, key: str) -> str:
        return done if await AccountFiles(desk.store).switch(key, disabled=disabled) else was

    return _run(wish, lambda desk: _changed(wish, desk, switched))


def remove(wish: Wish) -> int:
    """Remove accounts, if somebody says yes."""

    async def removed(desk: _Desk, key: str) -> str:
        if not wish.is_sure and not _says_yes(key):
            raise StoreError("it was not removed")
        await AccountFiles(desk.store).remove(key)
        return "removed"

    if not wish.is_sure and not sys.stdin.isatty():
        print("nobody can be asked here; say --yes to remove without a question", file=sys.stderr)
        return FAILED
    return _run(wish, lambda desk: _changed(wish, desk, removed))


def test(wish: Wish) -> int:
    """Ask one small thing by each account."""

    async def tested(desk: _Desk) -> int:
        listed, code = await desk.listed(), 0
        if wish.all:
            found = [one for one in listed if one.state is not State.DISABLED]
        else:
            found, code = _found(wish, listed)
        menus, verdicts = desk.menus(listed), []
        async with (
            _trial(desk, wish) as trial,
            aclosing(in_order(found, lambda one: _verdict(one, trial, menus, wish.model))) as tests,
        ):
            async for verdict in tests:
                verdicts.append(verdict)
                if not wish.as_json:
                    show_verdict(desk.console, verdict)
        if wish.as_json:
            _print_json(verdicts[0] if len(verdicts) == 1 and not wish.all else verdicts)
        return code if all(verdict.ok for verdict in verdicts) else FAILED

    return _run(wish, tested)


async def _verdict(one: Standing, trial: Trial, menus: dict[str, Menu | None], model: str) -> Verdict:
    credential = one.credential
    menu = menus.get(credential.id) if credential is not None else None
    if credential is not None and menu is not None and one.state is not State.LEFT_ALONE:
        return await trial.run(credential, menu, model=model)
    remedies = {
        State.LEFT_ALONE: f"cli-proxy-api accounts remove {one.name}",
        State.UNREADABLE: "mend or remove the file, or log in again",
    }
    return Verdict(
        ok=False,
        account=credential.label if credential is not None else one.name,
        provider=credential.provider if credential is not None else "?",
        model="",
        took=0.0,
        problem=one.why,
        remedy=remedies.get(one.state, "use a version that serves it"),
    )


@asynccontextmanager
async def _trial(desk: _Desk, wish: Wish) -> AsyncIterator[Trial]:
    config = desk.config
    transports = Transports(config)
    try:
        yield Trial(
            desk.store,
            declared(dialect_package, "DIALECT", Dialect),
            transports.all,
            clock=time.time,
            sleep=asyncio.sleep,
            entropy=secrets.token_bytes,
            clients=clients_of(config, desk.providers),
            options=f" --config {shlex.quote(str(wish.config))}" if wish.config else "",
        )
    finally:
        await transports.close()


async def _changed(wish: Wish, desk: _Desk, change: Callable[[_Desk, str], Awaitable[str]]) -> int:
    """Change the files of those who were named, and say what came of each."""
    found, code = _found(wish, await desk.listed())
    results: list[dict[str, object]] = []
    for one in {one.document or one.name: one for one in found}.values():
        ok, told = await _outcome(one, desk, change)
        code = code if ok else FAILED
        results.append({"ok": ok, "file": one.name, "result": told})
        if not wish.as_json:
            print(visible(f"{one.name}: {told}"), file=sys.stdout if ok else sys.stderr)
    if wish.as_json:
        _print_json(results)
    return code


async def _outcome(one: Standing, desk: _Desk, change: Callable[[_Desk, str], Awaitable[str]]) -> tuple[bool, str]:
    if not one.document:
        return False, f"it stands in the configuration ({one.name}); change it there"
    try:
        return True, await change(desk, one.document)
    except (StoreError, DocumentError) as error:
        return False, str(error)


def _found(wish: Wish, listed: Sequence[Standing]) -> tuple[list[Standing], int]:
    """Return whom the names mean, and the exit code: each name must mean one file or key."""
    found: dict[int, Standing] = {}
    code = 0
    if not wish.names:
        print("say which: a file, an e-mail address, a handle, or a part of one", file=sys.stderr)
        return [], FAILED
    for name in wish.names:
        meant = matching(listed, name)
        places = dict.fromkeys(one.document or one.name for one in meant)
        if len(places) == 1:
            found |= {id(one): one for one in meant}
            continue
        code = FAILED
        what = f"{name!r} means several; say more of one:" if places else f"there is no account {name!r}"
        print(what, file=sys.stderr)
        for known in dict.fromkeys(one.name for one in meant):
            print(f"  {in_line(known)}", file=sys.stderr)
    return list(found.values()), code


def _says_yes(key: str) -> bool:
    """Ask, and wait; meanwhile Ctrl-C ends the command, for the loop that it is told to otherwise stands still."""
    loops = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(f"Remove {in_line(key)}? y/N ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
    finally:
        signal.signal(signal.SIGINT, loops)


def _run(wish: Wish, main: Callable[[_Desk], Awaitable[int]]) -> int:
    """Do it, and return the exit code."""
    logs.configure(debug=False, stream=sys.stderr)
    try:
        desk = _Desk(wish)
    except SetupError as error:
        print(visible(str(error)), file=sys.stderr)
        return UNUSABLE

    async def told() -> int:
        try:
            return await main(desk)
        except StoreError as error:
            print(visible(str(error)), file=sys.stderr)
            return FAILED
        except SetupError as error:
            print(visible(str(error)), file=sys.stderr)
            return UNUSABLE

    return run(told)


def _print_json(value: object) -> None:
    print(msgspec.json.encode(value).decode())
