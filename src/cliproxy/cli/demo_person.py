"""
Somebody who logs in, for the demo: he does at the simulated vendors what a login asks of a person.

A browser follows where it is led: to the vendors through the simulator's proxy, and back to our own port.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from urllib.parse import urljoin, urlsplit

import aiohttp

from cliproxy.errors import LoginError
from cliproxy.login.flow import LoginKind
from cliproxy.runtime.logins import Logins
from cliproxy.runtime.newcomers import Saved
from cliproxy.runtime.open_login import OpenLogin, Stage
from cliproxy.server.callback import Callbacks
from cliproxy.simulator.online import Online

HOST = "127.0.0.1"
PROJECT = "project-1"
MOST_HOPS = 10  # of a browser

WHAT_HE_DID = {
    LoginKind.BROWSER: "allowed it in a browser, which came back to us",
    LoginKind.DEVICE: "allowed the device that shows our code",
    LoginKind.COOKIE: "brought the cookie of a browser",
    LoginKind.KEY_FILE: "brought the key file of a service account",
}


class DemoPerson:
    """
    Whoever sits at the browser.

    Args:
        net: Where the vendors are.
        logins: By which he logs in.
        session: His browser.
    """

    def __init__(self, net: Online, logins: Logins, session: aiohttp.ClientSession) -> None:
        self._net = net
        self._logins = logins
        self._session = session
        self._trusts = ssl.create_default_context(cafile=str(net.ca_file))

    async def log_in(self, provider: str, kind: LoginKind, email: str) -> Saved:
        """Log in to somebody's account, and return its file. Raises LoginError."""
        self._net.internet.visitor.email = email
        options = {"project": PROJECT, "alias": email.partition("@")[0]}
        login = await self._logins.begin(provider, kind, options=options, port=_free_port())
        async with Callbacks(self._logins).awaiting(login):
            ending = asyncio.create_task(login.run())
            try:
                await self._does_his_part(login, email)
                return await ending
            finally:
                ending.cancel()
                await asyncio.gather(ending, return_exceptions=True)

    async def _does_his_part(self, login: OpenLogin, email: str) -> None:
        internet = self._net.internet
        match login.session.kind:
            case LoginKind.BROWSER:
                try:
                    await self._browse(login)
                except aiohttp.ClientError as error:
                    raise LoginError(f"{login.session.provider}: the browser got no page: {error}") from None
            case LoginKind.DEVICE:
                if not internet.approve(login.session.user_code):
                    raise LoginError(f"{login.session.provider}: no device waits for the code that we show")
            case LoginKind.COOKIE:
                login.answer({"answer": internet.iflow.cookie(email)})
            case LoginKind.KEY_FILE:
                login.answer({"answer": json.dumps(internet.service_account(email))})

    async def _browse(self, login: OpenLogin) -> None:
        """Go where the vendor leads, until there is a page."""
        address = login.session.url
        for _ in range(MOST_HOPS):
            is_here = urlsplit(address).hostname in ("localhost", HOST)
            if is_here:  # also where the vendor knows one port only, and another program may have it
                address = urlsplit(address)._replace(netloc=f"{HOST}:{login.port}").geturl()
            proxy, context = (None, True) if is_here else (self._net.http_proxy, self._trusts)
            async with self._session.get(address, proxy=proxy, ssl=context, allow_redirects=False) as page:
                if page.status not in (302, 303):
                    break
                address = urljoin(address, page.headers["location"])
        if login.stage is Stage.WAITING:
            raise LoginError(f"{login.session.provider}: the browser ended at {urlsplit(address).hostname}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
