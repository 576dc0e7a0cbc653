"""The listener for browsers that come back, over real sockets: one answer, one page, and the port is free again."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web

from cliproxy.errors import LoginError
from cliproxy.login.flow import Callback, LoginKind
from cliproxy.runtime.logins import Logins
from cliproxy.runtime.open_login import OpenLogin
from cliproxy.server.callback import ADDRESSES, Callbacks, PortTaken, callback_page
from cliproxy.testing.clock import HandClock
from tests.ports import free_port, is_free
from tests.unit.runtime.logging_in import NAME, PATIENCE, Flow, logins

PATH = "/auth/callback"


async def begun(flow: Flow | None = None, clock: HandClock | None = None) -> tuple[Logins, OpenLogin]:
    flow = flow or Flow()
    flow.callback = Callback(free_port(), PATH)
    all_logins = logins(flow, clock=clock)
    return all_logins, await all_logins.begin(NAME)


async def visit(url: str, *, method: str = "GET", host: str = "") -> tuple[int, str]:
    """Return status and page, as a browser gets them."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, headers={"Host": host} if host else {}) as reply,
    ):
        return reply.status, await reply.text()


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost"])
async def test_a_browser_comes_back(address: str) -> None:
    """The page says whose account it is; then nobody listens any more."""
    all_logins, login = await begun()
    async with Callbacks(all_logins).awaiting(login):
        running = asyncio.create_task(login.run())
        status, page = await visit(f"http://{address}:{login.port}{PATH}?code=bob&state={login.id}")
        saved = await running

    assert status == 200
    assert saved.first.label == "bob@acme.example"
    assert "<h1>You are logged in</h1>" in page
    assert "bob@acme.example" in page
    assert "<script" not in page
    assert is_free(login.port)


async def test_the_page_reaches_the_browser_though_the_login_ends_at_once() -> None:
    """Whoever runs the login stops listening as soon as it is done; that must not cut the page off."""
    all_logins, login = await begun()

    async def ended() -> None:
        async with Callbacks(all_logins).awaiting(login):
            await login.run()

    running = asyncio.create_task(ended())
    while is_free(login.port):
        await asyncio.sleep(0.01)
    status, page = await visit(f"http://127.0.0.1:{login.port}{PATH}?code=bob&state={login.id}")
    await running

    assert (status, "You are logged in" in page) == (200, True)


async def test_what_came_back_is_never_shown_as_markup() -> None:
    """Whoever gets somebody to follow an address of his could write on our page."""
    all_logins, login = await begun()
    async with Callbacks(all_logins).awaiting(login):
        evil = "%3Cscript%3Ealert(1)%3C/script%3E"
        running = asyncio.create_task(login.run())
        _, refused = await visit(f"http://127.0.0.1:{login.port}{PATH}?code={evil}&state={evil}")
        _, taken = await visit(f"http://127.0.0.1:{login.port}{PATH}?code={evil}&state={login.id}")
        await running

    assert "<script" not in refused + taken
    assert "alert(1)" not in refused
    assert "&lt;script&gt;" in taken


@pytest.mark.parametrize(
    ("path", "method", "host", "status", "told"),
    [
        (f"{PATH}?code=x&state=other", "GET", "", 400, "belongs to another login"),
        (f"{PATH}?code=x", "GET", "", 400, "belongs to another login"),
        ("/favicon.ico", "GET", "", 404, "Nothing is here"),
        (f"{PATH}?code=x&state=STATE", "POST", "", 405, "GET"),
        (f"{PATH}?code=x&state=STATE", "GET", "evil.example", 403, "Only this machine"),
        (f"{PATH}?code=x&state=STATE", "GET", "[::1", 403, "Only this machine"),
    ],
)
async def test_what_is_refused(path: str, method: str, host: str, status: int, told: str) -> None:
    """The login goes on waiting for its own answer."""
    all_logins, login = await begun()
    async with Callbacks(all_logins).awaiting(login):
        url = f"http://127.0.0.1:{login.port}{path.replace('STATE', login.id)}"
        found, page = await visit(url, method=method, host=host)
        assert (found, told in page) == (status, True)

        running = asyncio.create_task(login.run())
        await visit(f"http://[::1]:{login.port}{PATH}?code=bob&state={login.id}")
        assert (await running).first.label == "bob@acme.example"


async def test_consent_that_was_denied() -> None:
    """Nothing is broken, so the page does not say so."""
    all_logins, login = await begun()
    async with Callbacks(all_logins).awaiting(login):
        running = asyncio.create_task(login.run())
        status, page = await visit(f"http://127.0.0.1:{login.port}{PATH}?error=access_denied&state={login.id}")
        await asyncio.gather(running, return_exceptions=True)

    assert (status, "You did not allow it" in page) == (200, True)


async def test_an_answer_that_comes_twice_or_too_late() -> None:
    """The page says which."""
    clock = HandClock()
    all_logins, login = await begun(clock=clock)
    await login.finish({"code": "bob"})
    twice = await callback_page(all_logins, {"state": login.id, "code": "bob"})

    other = await all_logins.begin(NAME)
    clock.advance(PATIENCE)
    late = await callback_page(all_logins, {"state": other.id, "code": "bob"})

    assert (twice.title, late.title) == ("This login was answered already", "This came too late")


async def test_a_page_does_not_wait_for_ever() -> None:
    """Google may take a minute to set up a project; the person need not watch."""
    all_logins, login = await begun()

    page = await callback_page(all_logins, {"state": login.id, "code": "bob"}, patience=0)

    assert page.title == "Your answer has arrived"


async def test_logins_share_a_port() -> None:
    """A vendor takes only one; who ends first does not shut the other out."""
    flow = Flow(callback=Callback(free_port(), PATH))
    all_logins = logins(flow)
    callbacks = Callbacks(all_logins)
    opened = [await all_logins.begin(NAME) for _ in range(3)]

    async def ended(login: OpenLogin) -> str:
        async with callbacks.awaiting(login):
            return (await login.run()).first.label

    running = [asyncio.create_task(ended(login)) for login in opened]
    while is_free(opened[0].port):
        await asyncio.sleep(0.01)
    for number, login in enumerate(opened):
        _, page = await visit(f"http://127.0.0.1:{login.port}{PATH}?code=p{number}&state={login.id}")
        assert f"p{number}@acme.example" in page

    assert await asyncio.gather(*running) == [f"p{number}@acme.example" for number in range(3)]
    assert is_free(opened[0].port)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_port_that_is_taken(address: str) -> None:
    """It is named, with what can be done; and nothing is half open."""
    all_logins, login = await begun()
    runner = web.ServerRunner(web.Server(lambda request: web.Response()))  # type: ignore[arg-type, return-value]
    await runner.setup()
    await web.TCPSite(runner, address, login.port).start()
    try:
        with pytest.raises(PortTaken, match=rf"port {login.port}.*--oauth-callback-port.*paste"):
            async with Callbacks(all_logins).awaiting(login):
                pass
    finally:
        await runner.cleanup()

    async with Callbacks(all_logins).awaiting(login):
        assert not is_free(login.port)


async def test_a_port_that_is_nobody_s_to_take() -> None:
    """A slip in the number."""
    flow = Flow(callback=Callback(70000, PATH))
    all_logins = logins(flow)
    login = await all_logins.begin(NAME)

    with pytest.raises(LoginError, match="port 70000 cannot be listened on"):
        async with Callbacks(all_logins).awaiting(login):
            pass


async def test_nobody_listens_for_a_code_that_is_typed_elsewhere() -> None:
    """There is nothing to come back with."""
    all_logins = logins(Flow(LoginKind.DEVICE))
    login = await all_logins.begin(NAME)

    async with Callbacks(all_logins).awaiting(login):
        assert (await login.run()).first.label == "ann@acme.example"


async def test_a_connection_that_says_nothing_does_not_keep_us() -> None:
    """Browsers open connections ahead."""
    all_logins, login = await begun()
    started = asyncio.get_running_loop().time()
    async with Callbacks(all_logins).awaiting(login):
        reader, writer = await asyncio.open_connection("127.0.0.1", login.port)
    took = asyncio.get_running_loop().time() - started
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()

    assert took < 5
