"""`/oauth` over a real socket: who may begin a login there, where it leads, and what came of it."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web

from cliproxy.login.flow import Callback, LoginKind
from cliproxy.runtime.logins import Logins, Unknown
from cliproxy.server.login_pages import LoginPages
from tests.ports import free_port
from tests.unit.runtime.logging_in import NAME, Flow, logins, provider

PATH = "/auth/callback"
TICKET = "ticket-of-the-operator"


@asynccontextmanager
async def serving(*flows: Flow, name: str = NAME) -> AsyncIterator[tuple[aiohttp.ClientSession, str, Logins]]:
    """Serve the pages, and a browser beside them."""
    all_logins = logins(*flows, name=name)
    pages = LoginPages(all_logins, {name: provider(*flows, name=name)}, ticket=TICKET)
    handlers = pages.handlers()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        return await handlers[request.path](request)

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with aiohttp.ClientSession() as browser:
            yield browser, f"http://127.0.0.1:{runner.addresses[0][1]}", all_logins
    finally:
        await pages.close()
        await runner.cleanup()


async def begin(
    browser: aiohttp.ClientSession, url: str, kind: str = "browser", **headers: str
) -> tuple[int, str, Any]:
    """Press the button; return status, page and where it leads."""
    sent = {"Origin": url, **headers}
    async with browser.post(
        f"{url}/oauth/{NAME}?ticket={TICKET}", data={"kind": kind}, headers=sent, allow_redirects=False
    ) as reply:
        return reply.status, await reply.text(), reply.headers.get("Location", "")


async def test_the_pages_offer_what_a_browser_can_do() -> None:
    """A key file is for the command line; and looking begins nothing."""
    flow = Flow(callback=Callback(free_port(), PATH))
    async with serving(flow, Flow(LoginKind.DEVICE), Flow(LoginKind.KEY_FILE)) as (browser, url, _):
        for path in ("/oauth", f"/oauth/{NAME}"):
            async with browser.get(url + path, params={"ticket": TICKET}) as reply:
                page = await reply.text()
            assert reply.status == 200
            assert page.count("<button>") == 2
            assert f'action="/oauth/{NAME}?ticket={TICKET}"' in page

    assert flow.starts == []


async def test_a_login_in_the_browser() -> None:
    """From the button to the vendor's page, and back to the vendor's own port."""
    flow = Flow(callback=Callback(free_port(), PATH))
    async with serving(flow) as (browser, url, all_logins):
        status, _, where = await begin(browser, url)
        assert (status, where) == (303, "https://acme.example/consent?x=1")

        state = flow.starts[0].entropy[:16].hex()
        callback = f"http://localhost:{all_logins.get(state).port}{PATH}"
        async with browser.get(callback, params={"code": "bob", "state": state}) as reply:
            assert "You are logged in" in await reply.text()


async def test_a_login_by_a_code() -> None:
    """The page shows it, and looks again until it is over."""
    flow = Flow(LoginKind.DEVICE, waits=0.01)
    async with serving(flow) as (browser, url, all_logins):
        status, _, where = await begin(browser, url, "device")
        assert status == 303
        found = re.fullmatch(r"/oauth/login\?id=(\w+)", where)
        assert found is not None
        login = all_logins.get(found[1])
        await login.outcome(seconds=5)
        async with browser.get(url + where) as reply:
            assert "You are logged in" in await reply.text()
        async with browser.get(f"{url}/oauth/login?id=other") as reply:
            assert reply.status == 404


async def test_the_code_is_shown_while_the_login_waits() -> None:
    """With a link to where it is typed."""
    async with serving(Flow(LoginKind.DEVICE)) as (browser, url, all_logins):
        login = await all_logins.begin(NAME)
        async with browser.get(f"{url}/oauth/login?id={login.id}") as reply:
            page = await reply.text()
        assert '<p class="code">AB-12</p>' in page
        assert 'href="https://acme.example/consent?x=1"' in page
        assert "http-equiv" in page

        login.cancel()
        async with browser.get(f"{url}/oauth/login?id={login.id}") as reply:
            assert "The login came to nothing" in await reply.text()


async def test_no_other_page_can_begin_one() -> None:
    """Somebody would be logged in to an account that is not his."""
    flow = Flow(callback=Callback(free_port(), PATH))
    async with serving(flow) as (browser, url, _):
        assert (await begin(browser, url, Origin="https://evil.example"))[0] == 403
        assert (await begin(browser, url, Origin="null"))[0] == 403
        assert (await begin(browser, url, **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
        async with browser.post(f"{url}/oauth/{NAME}?ticket={TICKET}", headers={}) as reply:
            assert reply.status == 403

    assert flow.starts == []


@pytest.mark.parametrize(
    "query", ["", "?ticket=", "?ticket=other", "?ticket=%ff%fe", f"?ticket={'ticket-of-the-operator'[:-1]}"]
)
async def test_only_who_was_shown_the_link_can_begin_one(query: str) -> None:
    """Others may use the machine too, or reach it through a proxy that does not tell."""
    flow = Flow(callback=Callback(free_port(), PATH))
    async with serving(flow) as (browser, url, _):
        for path in ("/oauth", f"/oauth/{NAME}"):
            async with browser.get(url + path + query) as reply:
                assert reply.status == 403
                assert TICKET not in await reply.text()
        form = {"kind": "browser"}
        async with browser.post(f"{url}/oauth/{NAME}{query}", data=form, headers={"Origin": url}) as reply:
            assert reply.status == 403

    assert flow.starts == []


async def test_nobody_elsewhere_is_answered() -> None:
    """A foreign name for this machine, somebody behind a proxy, and another way of asking."""
    async with serving(Flow(callback=Callback(free_port(), PATH))) as (browser, url, _):
        for headers in ({"Host": "evil.example"}, {"X-Forwarded-For": "1.2.3.4"}):
            async with browser.get(f"{url}/oauth?ticket={TICKET}", headers=headers) as reply:
                assert reply.status == 403
                assert NAME not in await reply.text()
        async with browser.post(f"{url}/oauth?ticket={TICKET}") as reply:
            assert reply.status == 405


async def test_a_port_that_is_taken_is_told_on_the_page() -> None:
    """The login is given up."""
    flow = Flow(callback=Callback(free_port(), PATH))
    async with serving(flow) as (browser, url, _):
        await begin(browser, url)
        status, page, _ = await begin(browser, url)
        assert status == 303  # two of one vendor share the port

        assert flow.callback is not None
        flow.callback = Callback(int(url.rpartition(":")[2]), PATH)
        status, page, _ = await begin(browser, url)
        assert (status, f"port {flow.callback.port}" in page) == (409, True)


async def test_a_browser_that_comes_back_to_the_gateway_itself() -> None:
    """As the Go program's pages lead it; an answer from another vendor's page is not taken."""
    flows = Flow(callback=Callback(free_port(), PATH), name="codex")
    async with serving(flows, name="codex") as (browser, url, all_logins):
        login = await all_logins.begin("codex")
        running = asyncio.create_task(login.run())
        async with browser.get(f"{url}/codex/callback?code=bob&state=other") as reply:
            assert "belongs to another login" in await reply.text()
        async with browser.get(f"{url}/codex/callback?code=bob&state={login.id}") as reply:
            assert "You are logged in" in await reply.text()
        await running


async def test_where_the_go_program_has_browsers_come_back_to() -> None:
    """Only for vendors that have such a place."""
    all_logins = logins(Flow())
    named = provider(Flow(callback=Callback(1, PATH)))
    pages = LoginPages(all_logins, {"codex": named, NAME: named}, ticket=TICKET)

    assert {"/oauth", "/oauth/login", "/oauth/codex", f"/oauth/{NAME}", "/codex/callback"} == set(pages.handlers())


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("multipart/form-data", b"kind"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="kind"; filename="f"\r\n\r\n',
        ),
        ("application/x-www-form-urlencoded; charset=none", b"kind=%ff%fe"),
        ("application/x-www-form-urlencoded", b"\xff"),
        ("application/x-www-form-urlencoded", b"a=b&" * 1000),
        ("application/x-www-form-urlencoded", b"kind=" + b"x" * 2_000_000),
    ],
)
async def test_a_form_that_is_none_begins_the_usual_login(kind: str, form: bytes) -> None:
    """Nothing of it is stored, and nothing breaks."""
    flow = Flow(callback=Callback(free_port(), PATH))
    async with serving(flow, Flow(LoginKind.DEVICE)) as (browser, url, _):
        sent = {"Origin": url, "Content-Type": kind}
        async with browser.post(
            f"{url}/oauth/{NAME}?ticket={TICKET}", data=io.BytesIO(form), headers=sent, allow_redirects=False
        ) as reply:
            assert (reply.status, reply.headers["Location"]) == (303, "https://acme.example/consent?x=1")


async def test_a_flow_that_breaks_off_is_told_without_its_words() -> None:
    """An error of ours may hold anything."""
    flow = Flow(callback=Callback(free_port(), PATH), breaks_off=KeyError("rt-secret"))
    async with serving(flow) as (browser, url, all_logins):
        await begin(browser, url)
        state = flow.starts[0].entropy[:16].hex()
        callback = f"http://localhost:{all_logins.get(state).port}{PATH}"
        with structlog.testing.capture_logs() as logs:
            async with browser.get(callback, params={"code": "bob", "state": state}) as reply:
                assert "rt-secret" not in await reply.text()
            async with asyncio.timeout(5):
                while not logs:
                    await asyncio.sleep(0.01)

    assert [(one["event"], one["why"]) for one in logs] == [("login broke off", "KeyError")]


async def test_a_browser_that_leaves_while_its_login_begins_leaves_none_behind() -> None:
    """Nobody would wait for its answer."""
    flow = Flow(callback=Callback(free_port(), PATH))
    all_logins, offered = logins(flow), provider(flow)
    pages = LoginPages(all_logins, {NAME: offered}, ticket=TICKET)
    async with pages._callbacks._turn:  # as if another login began to listen
        asked = asyncio.create_task(pages._begun(offered, LoginKind.BROWSER))
        while not flow.starts:
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked

    with pytest.raises(Unknown):
        all_logins.get(flow.starts[0].entropy[:16].hex())
    await pages.close()
