"""
Where browsers come back to: listeners on this machine, open only while a login awaits its answer.

One GET brings the answer; the page it gets says what came of it. Logins that await theirs at the same port share a
listener: the state tells which of them is meant.

Source: RFC 8252 sections 7.3 and 8.3; `reference` sheet `cli`, section 7.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from cliproxy.errors import LoginError
from cliproxy.runtime.logins import Logins, Unknown
from cliproxy.runtime.open_login import OpenLogin, Spent, Stage, TooLate
from cliproxy.server.connection import Connection, Server
from cliproxy.server.login_page import LoginPage, names_loopback, refused

PATIENCE = 10.0  # seconds that a page waits for its login to end
LAST_WORDS = 2.0  # seconds that a page gets to reach the browser before we hang up
HEADER_TIMEOUT = 10.0  # seconds that a browser may take for its request
LONGEST_LINE = 16 * 1024  # bytes of an address
LARGEST_PORT = 65535
ADDRESSES = ("127.0.0.1", "::1")  # where `localhost` leads
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)  # a machine without IPv6

_WINDOW = "You can close this window."
_TITLES = {
    Unknown: "This answer belongs to another login",
    Spent: "This login was answered already",
    TooLate: "This came too late",
}


class PortTaken(LoginError):  # noqa: N818 (a state of the port)
    """Another program listens where the browser will come back to."""


async def callback_page(
    logins: Logins, params: Mapping[str, str], *, provider: str = "", patience: float = PATIENCE
) -> LoginPage:
    """
    Hand what a browser brought back to its login, and return the page that says what came of it.

    Args:
        logins: Which may await it.
        params: What it brought.
        provider: Whose login it must be; "": anyone's.
        patience: Seconds to wait for the login to end; after that the page says that it goes on.
    """
    try:
        login = logins.answered(params.get("state", ""), params, provider=provider)
    except LoginError as error:
        return refused(_TITLES.get(type(error), "This login is over"), str(error), status=400)
    stage = await login.outcome(seconds=patience)
    if stage is Stage.DONE and login.saved is not None:
        account = f"{login.saved.account} at {login.session.provider}."
        return LoginPage("You are logged in", (account, _WINDOW), mood="done")
    if stage is Stage.FAILED:
        was_denied = params.get("error") == "access_denied"
        title = "You did not allow it" if was_denied else "The login came to nothing"
        return refused(title, str(login.error), _WINDOW, status=200 if was_denied else 502)
    return LoginPage("Your answer has arrived", ("The login goes on where you began it.", _WINDOW))


class Callbacks:
    """The listeners of logins under way, one for each port."""

    def __init__(self, logins: Logins) -> None:
        self._logins = logins
        self._listeners: dict[int, _Listener] = {}
        self._turn = asyncio.Lock()  # to begin or end listening

    @asynccontextmanager
    async def awaiting(self, login: OpenLogin) -> AsyncIterator[None]:
        """Listen for a login's answer until the block is left. Raises LoginError, PortTaken."""
        callback, port = login.session.callback, login.port
        if callback is None:
            yield
            return
        listener = self._listeners.get(port)
        if listener is None:
            listener = self._listeners[port] = _Listener(self._logins, port)
        listener.paths.append(callback.path)
        try:
            async with self._turn:
                await listener.start(login.session.provider)
            yield
        finally:
            listener.paths.remove(callback.path)
            async with self._turn:
                if not listener.paths and self._listeners.get(port) is listener:
                    del self._listeners[port]
                    await listener.stop()

    async def close(self) -> None:
        """Listen for nobody any more."""
        while self._listeners:
            _, listener = self._listeners.popitem()
            await listener.stop()


class _Listener:
    """One port, open at loopback addresses only."""

    def __init__(self, logins: Logins, port: int) -> None:
        self.paths: list[str] = []  # one for each login that awaits an answer here
        self._logins = logins
        self._port = port
        self._runner: web.ServerRunner | None = None

    async def start(self, provider: str) -> None:
        """Listen, unless we do already."""
        if self._runner is not None:
            return
        server = Server(
            self._answer,
            header_timeout=HEADER_TIMEOUT,
            access_log=None,
            max_line_size=LONGEST_LINE,
            keepalive_timeout=0.0,
        )
        self._runner = runner = web.ServerRunner(server, shutdown_timeout=LAST_WORDS)
        try:
            await runner.setup()
            for address in ADDRESSES:
                await self._listen(runner, address)
        except (OSError, OverflowError) as error:  # the latter: it is no port at all
            await self.stop()
            raise self._refusal(provider, error) from None

    async def stop(self) -> None:
        """Let a page on its way reach its browser, and hang up."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _listen(self, runner: web.ServerRunner, address: str) -> None:
        if not 0 < self._port <= LARGEST_PORT:  # some loops would take another one instead
            raise OverflowError(f"a port is a number from 1 to {LARGEST_PORT}")
        try:
            await web.TCPSite(runner, address, self._port).start()
        except OSError as error:
            if address == ADDRESSES[0] or error.errno not in _NO_SUCH_ADDRESS:
                raise

    def _refusal(self, provider: str, error: OSError | OverflowError) -> LoginError:
        remedy = (
            "end what listens there, or take another port with --oauth-callback-port, or log in with --no-browser "
            "and paste the address that the browser ends on"
        )
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            return PortTaken(f"{provider}: port {self._port}, where the browser will come back to, is taken: {remedy}")
        reason = getattr(error, "strerror", None) or error
        return LoginError(f"{provider}: port {self._port} cannot be listened on ({reason}): {remedy}")

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.head_is_here()
        return (await self._page(request)).response()

    async def _page(self, request: web.BaseRequest) -> LoginPage:
        if not names_loopback(request):
            return refused("Not from there", "Only this machine is answered here, by its own name.", status=403)
        if request.path not in self.paths:
            return refused("Nothing is here", "A login is awaited, at another address of this port.", status=404)
        if request.method != "GET":
            return refused("Not in this way", "A browser comes back with GET.", status=405)
        return await callback_page(self._logins, dict(request.query))
