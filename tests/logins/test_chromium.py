"""Logins in a real browser: Chromium, through a proxy with a login, to the vendor's page and back to ours."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from cliproxy.simulator.authorization.server import Consent
from tests.logins.stage import PROXY_LOGIN, Stage
from tests.logins.wanda import begun, device, fails, nothing_written

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
PATIENCE = 10_000  # milliseconds
UPDATES = ("--disable-component-update", "--disable-sync")

pytestmark = [
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("CI"), reason=f"Chromium is not installed as {CHROMIUM}"
    ),
]


@pytest.fixture(autouse=True)
def _vendors_pages_ask(stage: Stage) -> Iterator[None]:
    stage.internet.visitor.consent = Consent.ASKS
    yield
    stage.internet.visitor.consent = Consent.AT_ONCE


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def chromium(stage: Stage) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*QUIET, *UPDATES],
            proxy={
                "server": f"http://127.0.0.1:{stage.net.http.port}",
                "username": PROXY_LOGIN["user"],
                "password": PROXY_LOGIN["password"],
                "bypass": "localhost",
            },
        )
        yield browser
        await browser.close()


async def decided(chromium: Browser, address: str, button: str) -> tuple[str, str, list[str]]:
    """Press a button on a vendor's page; return title and text of the page after it, and what the browser minded."""
    page = await chromium.new_page(ignore_https_errors=True)
    page.set_default_timeout(PATIENCE)
    minded: list[str] = []
    page.on("console", lambda one: minded.append(f"{one.location['url']} {one.text}"))
    page.on("pageerror", lambda error: minded.append(str(error)))
    await page.goto(address)
    async with page.expect_navigation():
        await page.get_by_role("button", name=button).click()
    seen = await page.title(), await page.locator("body").inner_text(), minded
    await page.close()
    return seen


async def test_allow(stage: Stage, chromium: Browser) -> None:
    """The last page says whose account it is, and that nothing is left to do there."""
    async with begun(stage, "iflow") as login:
        title, text, minded = await decided(chromium, login.address, "Allow")

        assert await login.terminal.code() == 0
        assert title == "You are logged in - CLI Proxy API"
        assert text.splitlines()[0] == "You are logged in"
        assert "ann@example.com at iflow." in text
        assert "You can close this window." in text
        assert [line for line in minded if "/favicon.ico " not in line] == []
    await stage.offers("glm-4.6")
    next(stage.auths.glob("iflow-ann*")).unlink()


async def test_deny(stage: Stage, chromium: Browser) -> None:
    async with nothing_written(stage), begun(stage, "iflow") as login:
        title, text, _ = await decided(chromium, login.address, "Deny")

        await login.fails("was not allowed in the browser", "log in again and allow it")
        assert title == "You did not allow it - CLI Proxy API"
        assert "log in again" in text


async def test_a_device_s_page(stage: Stage, chromium: Browser) -> None:
    """The code is in the address that the terminal shows, so it need not be typed."""
    async with nothing_written(stage), device(stage, "kimi") as (terminal, user_code):
        address = next(word for word in terminal.written.split() if "user_code=" in word)
        title, _, _ = await decided(chromium, address, "Deny")

        assert user_code in address
        assert title == "Your device was refused"
        await fails(terminal, "kimi", "was not allowed on the vendor's page")
