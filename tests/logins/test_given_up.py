"""Ctrl-C at every stage of a login: nothing is left behind, on the terminal, on the disk or at a port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from cliproxy.simulator.faults import Hang, Match
from tests.logins.stage import Stage
from tests.logins.terminal import Terminal
from tests.logins.wanda import begun, device, field, nothing_written, until
from tests.ports import is_free

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def _others_are_untouched(stage: Stage) -> AsyncIterator[None]:
    async with nothing_written(stage):
        yield
    stage.internet.script.rules.clear()


async def gives_up(terminal: Terminal) -> None:
    """Press Ctrl-C, and expect the usual end of a program that was told so."""
    terminal.interrupt()
    assert await terminal.code() == 130, terminal.written
    assert terminal.echoes()
    assert "given up" in terminal.written
    assert "Traceback" not in terminal.written


async def test_before_there_is_a_code(stage: Stage) -> None:
    """The vendor is asked for one, and is silent."""
    rule = stage.internet.script.add(Hang(), Match(host="chat.qwen.ai"))
    async with stage.command("login", "qwen", "--no-browser") as terminal:
        await until(lambda: rule.applied)
        await gives_up(terminal)


async def test_while_somebody_is_waited_for(stage: Stage) -> None:
    """In a browser, also with half an address typed; at a device's page; and where something secret is asked."""
    async with AsyncExitStack() as stack:
        login, (waiting, _), asked = await asyncio.gather(
            stack.enter_async_context(begun(stage, "claude")),
            stack.enter_async_context(device(stage, "qwen")),
            stack.enter_async_context(stage.command("login", "iflow", "--cookie")),
        )
        login.terminal.type("http://localhost:54545/callback?co")
        await login.terminal.shows("callback?co")
        assert not login.terminal.echoes()
        await gives_up(login.terminal)
        assert is_free(login.port)
        await gives_up(waiting)
        await asked.shows("> ")
        asked.type("BXAuth=hush")
        await asked.shows("•••")
        await gives_up(asked)
        assert "hush" not in asked.written


async def test_while_the_code_is_exchanged(stage: Stage) -> None:
    """The browser sees that it came to nothing; what the vendor grants too late is of no account here."""
    async with begun(stage, "claude") as login:
        back = await login.answer()
        rule = stage.internet.script.add(Hang(), Match(key=field(back, "code")))
        login.terminal.type(f"{back}\r")
        await until(lambda: rule.applied)
        await gives_up(login.terminal)
        assert is_free(login.port)


async def test_while_the_vendor_asks_which(stage: Stage) -> None:
    """The question comes when there is a token already."""
    async with device(stage, "qwen") as (terminal, user_code):
        stage.internet.approve(user_code)
        await terminal.shows("another name for this Qwen account")
        terminal.type("an")
        await gives_up(terminal)
