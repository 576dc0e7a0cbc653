"""
`/oauth`: logins from a browser on this machine, beside the gateway's own endpoints.

    GET  /oauth?ticket=...             every provider, a button for each way to log in there
    GET  /oauth/<provider>?ticket=...  one provider
    POST /oauth/<provider>?ticket=...  begins: on to the vendor's page, or to the page of a code
    GET  /oauth/login?id=...           a code to be typed elsewhere; looks again by itself until the login is over
    GET  /codex/callback, ...          where the Go program has browsers come back to

Nobody else is answered: the peer and the name by which it called must be this machine's, and since others may use the
machine too, or come through a proxy on it that does not tell, the link must be one that the operator was shown. A login
begins by a form of ours only, so that no other page can begin one.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from html import escape
from urllib.parse import parse_qsl, quote

import structlog
from aiohttp import web

from cliproxy.errors import LoginError
from cliproxy.login.flow import LoginKind
from cliproxy.providers.base import Provider
from cliproxy.runtime.logins import Logins
from cliproxy.runtime.open_login import OpenLogin, Stage
from cliproxy.server.callback import Callbacks, callback_page
from cliproxy.server.login_page import LoginPage, button, elsewhere, link, names_loopback, peer_is_here, refused

ROOT = "/oauth"
LOOK_AGAIN = 3  # seconds between two looks whether somebody is done
LONGEST_FORM = 5.0  # seconds that a form may take to arrive
MOST_FIELDS = 8  # of a form; ours have one

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_STATUS = f"{ROOT}/login"
_LABELS = {LoginKind.BROWSER: "Log in", LoginKind.DEVICE: "Log in with a code"}  # what can be done in a browser
_CALLBACKS = {
    "/anthropic/callback": "claude",
    "/antigravity/callback": "antigravity",
    "/codex/callback": "codex",
    "/google/callback": "gemini-cli",
    "/iflow/callback": "iflow",
}
_NO_TICKET = refused("Not by this link", "Take the link that the gateway printed when it was started.", status=403)
_NOT_HERE = refused("Only from this machine", "Logins are begun in a browser on the machine itself.", status=403)


class LoginPages:
    """
    The pages, and the logins that were begun there.

    Args:
        logins: How they are begun.
        providers: Whose logins are offered, as far as a browser is enough for them.
        ticket: What each link brings along, made by chance.
    """

    def __init__(self, logins: Logins, providers: Mapping[str, Provider], *, ticket: str) -> None:
        self._logins = logins
        self._ticket = ticket
        self._callbacks = Callbacks(logins)
        self._offered = {name: one for name, one in sorted(providers.items()) if _ways(one)}
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger()

    @property
    def paths(self) -> dict[str, str]:
        """Where each provider's logins begin, by its name; whoever is shown these can begin them."""
        return {name: f"{ROOT}/{name}?ticket={quote(self._ticket)}" for name in self._offered}

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each path."""
        pages: dict[str, Callable[[web.BaseRequest], Awaitable[LoginPage]]] = {ROOT: self._all, _STATUS: self._status}
        pages |= {f"{ROOT}/{name}": self._one(one) for name, one in self._offered.items()}
        pages |= {path: self._came_back(name) for path, name in _CALLBACKS.items() if name in self._offered}
        return {path: _for_this_machine(page) for path, page in pages.items()}

    async def close(self) -> None:
        """Give up the logins that are under way."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._callbacks.close()

    async def _all(self, request: web.BaseRequest) -> LoginPage:
        if not self._has_ticket(request):
            return _NO_TICKET
        return LoginPage("Log in to an account", markup=tuple(map(self._offer, self._offered.values())))

    def _one(self, provider: Provider) -> Callable[[web.BaseRequest], Awaitable[LoginPage]]:
        async def page(request: web.BaseRequest) -> LoginPage:
            if not self._has_ticket(request):
                return _NO_TICKET
            if request.method == "GET":
                return LoginPage("Log in to an account", markup=(self._offer(provider),))
            if not _is_our_form(request):
                return refused("Not from there", "A login begins by a button of this gateway's own page.", status=403)
            async with asyncio.timeout(LONGEST_FORM):
                chosen = await _chosen(request)
            kind = next((way for way in _ways(provider) if way.value == chosen), _ways(provider)[0])
            return await self._begun(provider, kind)

        return page

    def _has_ticket(self, request: web.BaseRequest) -> bool:
        brought = request.query.get("ticket", "")
        return hmac.compare_digest(brought.encode(errors="replace"), self._ticket.encode())

    def _offer(self, provider: Provider) -> str:
        """Return what a provider offers, as HTML."""
        where = self.paths[provider.name]
        buttons = "".join(button(where, _LABELS[way], {"kind": way.value}) for way in _ways(provider))
        return f"<h2>{escape(provider.name)}</h2><p><small>{escape(provider.notice)}</small></p>{buttons}"

    async def _begun(self, provider: Provider, kind: LoginKind) -> LoginPage:
        try:
            login = await self._logins.begin(provider.name, kind)
            await self._tended(login)
        except LoginError as error:
            return refused("The login could not begin", str(error), status=409)
        if login.session.state:
            return elsewhere(login.session.url)
        return elsewhere(f"{_STATUS}?id={quote(login.id)}")

    async def _tended(self, login: OpenLogin) -> None:
        """Bring a login to its end beside the requests; return once its answer can arrive. Raises LoginError."""
        listening = AsyncExitStack()
        try:
            await listening.enter_async_context(self._callbacks.awaiting(login))
        except BaseException:  # also where the browser has left: nobody else would end it
            self._logins.forget(login)
            raise
        task = asyncio.create_task(self._ended(login, listening))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ended(self, login: OpenLogin, listening: AsyncExitStack) -> None:
        try:
            async with listening:
                saved = await login.run()
        except LoginError as error:
            self._log.warning("login failed", provider=login.session.provider, reason=str(error))
        except Exception as error:  # noqa: BLE001 (nobody else waits for this task; what it says may hold secrets)
            self._log.error("login broke off", provider=login.session.provider, why=type(error).__name__)
        else:
            provider = saved.first.provider
            self._log.info("account logged in", provider=provider, account=saved.account, document=saved.key)

    async def _status(self, request: web.BaseRequest) -> LoginPage:
        try:
            login = self._logins.get(request.query.get("id", ""))
        except LoginError as error:
            return refused("There is no such login", str(error), status=404)
        session = login.session
        if login.saved is not None:
            words = (f"{login.saved.account} at {session.provider}.",)
            return LoginPage("You are logged in", words, mood="done")
        if login.stage is Stage.FAILED:
            return refused("The login came to nothing", str(login.error), status=200)
        code = (f'<p class="code">{escape(session.user_code)}</p>',) if session.user_code else ()
        words = ("Open this page, and type this code if it asks for one. This page tells when you are done.",)
        return LoginPage(
            f"Log in at {session.provider}", words, markup=(*code, link(session.url)), reload_after=LOOK_AGAIN
        )

    def _came_back(self, provider: str) -> Callable[[web.BaseRequest], Awaitable[LoginPage]]:
        async def page(request: web.BaseRequest) -> LoginPage:
            return await callback_page(self._logins, dict(request.query), provider=provider)

        return page


def _for_this_machine(page: Callable[[web.BaseRequest], Awaitable[LoginPage]]) -> Handler:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if not peer_is_here(request) or not names_loopback(request):
            return _NOT_HERE.response()
        begins = request.path.startswith(f"{ROOT}/") and request.path != _STATUS
        if request.method not in (("GET", "POST") if begins else ("GET",)):
            return refused("Not in this way", "This page is only looked at.", status=405).response()
        try:
            return (await page(request)).response()
        except TimeoutError:
            return refused("Too slow", "The form did not arrive in time.", status=408).response()

    return answer


def _is_our_form(request: web.BaseRequest) -> bool:
    """Tell whether a browser says that one of our own pages sent this."""
    own = f"{request.scheme}://{request.headers.get('Host', '')}"
    return (
        request.headers.get("Origin") == own and request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    )


async def _chosen(request: web.BaseRequest) -> str:
    """Return the way to log in that a form names; "": it names none, or is none of ours."""
    try:
        return dict(parse_qsl((await request.read()).decode(), max_num_fields=MOST_FIELDS)).get("kind", "")
    except (ValueError, web.HTTPRequestEntityTooLarge):
        return ""


def _ways(provider: Provider) -> list[LoginKind]:
    return [flow.kind for flow in provider.logins if flow.kind in _LABELS]
