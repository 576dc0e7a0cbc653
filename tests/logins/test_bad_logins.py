"""
Logins that a person, a browser or a clock spoils.

The command says whose login it was and what to do, leaves the terminal and the port as it found them, and writes
nothing; the account that was there before is served on.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from cliproxy.simulator.authorization.server import Consent
from cliproxy.simulator.faults import Delay, Match, Refuse
from tests.logins.stage import Stage
from tests.logins.terminal import Terminal, at_terminal
from tests.logins.wanda import CLOCK, begun, device, fails, field, got, nothing_written, until
from tests.ports import free_port, is_free

pytestmark = pytest.mark.asyncio(loop_scope="package")

BY_CLAUDE = "claude-ann@example.com.json"
GARBAGE = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"  # as of a client that speaks TLS
ASLEEP = """
import sys, time
from pathlib import Path
tell, slept = time.time, Path(sys.argv.pop(1))
time.time = lambda: tell() + (600 if slept.exists() else 0)
from cliproxy.cli.main import run
run()
"""


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def _others_are_untouched(stage: Stage) -> AsyncIterator[None]:
    """A test that logs in takes the account away again itself."""
    async with nothing_written(stage):
        yield
    stage.internet.script.rules.clear()


async def test_a_callback_is_asked_with_all_sorts_of_things(stage: Stage) -> None:
    """Each gets its page. None ends the login, stands on a page again, or keeps the right answer out."""
    async with begun(stage, "iflow") as login, begun(stage, "iflow") as other:
        right = await login.answer()
        base, state, marked = right.partition("?")[0], field(right, "state"), "<script>alert(1)</script>"
        for url, status in (
            (f"{base}?code=x", 400),
            (f"{base}?code=x&state={state[:-1]}x", 400),
            (f"{base}?code=x&state={field(other.address, 'state')}", 400),
            (f"{base}?error={marked}&state={marked}", 400),
            (f"{base}?code={'x' * 20_000}&state={state}", 400),
            (f"{base}/more?code=x&state={state}", 404),
        ):
            found, page = await got(url)
            assert found == status, url[:200]
            assert marked not in page
        assert (await got(right, method="POST"))[0] == 405
        assert (await got(right, host="evil.example"))[0] == 403
        reader, writer = await asyncio.open_connection("127.0.0.1", login.port)
        writer.write(GARBAGE)
        await reader.read()
        writer.close()
        _, silent = await asyncio.open_connection("127.0.0.1", login.port)

        stage.internet.script.add(Delay(0.5), Match(key=field(right, "code")))
        pages = dict(sorted(await asyncio.gather(got(right), got(right))))

        assert "You are logged in" in pages[200]
        assert "answered already" in pages[400]
        assert await login.terminal.code() == 0
        assert is_free(login.port)
        silent.close()
        other.terminal.interrupt()
        assert await other.terminal.code() == 130
    next(stage.auths.glob("iflow-ann*")).unlink()


async def test_all_sorts_of_things_are_pasted(stage: Stage) -> None:
    """Each is said to be wrong, and costs another try and no more; what would move the cursor moves nothing."""
    async with begun(stage, "claude") as login, begun(stage, "claude") as other:
        foreign = await other.answer()
        for pasted, told in (
            ("what now?", "neither a code nor an error"),
            ("http://localhost:54545/callback", "neither a code nor an error"),
            ("x" * 9000, "longer than 8192"),
            (foreign, "another login"),
            ("\x1b[2J\x1b]0;hm\x07 \u202e\x00?", "neither a code nor an error"),
        ):
            seen = len(login.terminal.written)
            login.terminal.type(f"{pasted}\r")
            await until(partial(is_shown_since, login.terminal, seen, told))
        login.terminal.type("\r\r \r")
        login.terminal.type(f"{await login.answer()}\r")
        assert await login.terminal.code() == 0, login.terminal.written
        assert login.terminal.echoes()
        other.terminal.interrupt()
        assert await other.terminal.code() == 130
    (stage.auths / BY_CLAUDE).unlink()


def is_shown_since(terminal: Terminal, seen: int, told: str) -> bool:
    """Tell whether a text stands on a terminal behind what was seen there before."""
    return told in terminal.written[seen:]


async def test_the_code_of_another_login(stage: Stage) -> None:
    """Each login's verifier is its own, so a code that was brought to the wrong one buys nothing."""
    async with begun(stage, "claude") as login, begun(stage, "claude") as other:
        back, foreign = await login.answer(), await other.answer()
        status, page = await got(back.replace(field(back, "code"), field(foreign, "code")))

        assert status == 502
        assert "The login came to nothing" in page
        await login.fails("the code was used before or is too old", "log in again")
        assert field(foreign, "code") not in login.terminal.written
        assert (await got(foreign))[0] == 200
        assert await other.terminal.code() == 0
    (stage.auths / BY_CLAUDE).unlink()


async def test_a_code_is_good_once(stage: Stage) -> None:
    """A second login with it fails, and the file of the first stays."""
    async with begun(stage, "claude") as first:
        code = field(back := await first.answer(), "code")
        assert (await got(back))[0] == 200
        assert await first.terminal.code() == 0
    kept = (stage.auths / BY_CLAUDE).read_bytes()
    async with begun(stage, "claude") as second:
        second.terminal.type(f"{code}\n")
        await second.fails("the code was used before", "log in again")

    assert (stage.auths / BY_CLAUDE).read_bytes() == kept
    (stage.auths / BY_CLAUDE).unlink()


async def test_consent_is_denied(stage: Stage) -> None:
    """In the browser, whose page says so too, and for devices."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        browsers = await asyncio.gather(*(enter(begun(stage, name)) for name in ("claude", "gemini-cli")))
        names = ("qwen", "kimi", "codex")
        devices = dict(zip(names, await asyncio.gather(*(enter(device(stage, name)) for name in names)), strict=True))
        stage.internet.visitor.consent = Consent.DENIED
        for login in browsers:
            status, page = await got(await login.answer())
            assert status == 200
            assert "You did not allow it" in page
        stage.internet.visitor.consent = Consent.AT_ONCE
        for user_code in {user_code for _, user_code in devices.values()}:  # vendors may show the same
            assert stage.internet.deny(user_code)

        for login in browsers:
            await login.fails("was not allowed in the browser", "log in again")
        for name, (terminal, _) in devices.items():
            told = "The user refused" if name == "codex" else "was not allowed on the vendor's page"
            await fails(terminal, name, told, "log in again")


async def test_devices_that_are_late_and_devices_that_are_told_to_slow_down(stage: Stage) -> None:
    """A code that has run out ends the login; after `slow_down` there are five seconds more between two questions."""
    async with device(stage, "kimi") as (late, _), device(stage, "qwen") as (hasty, user_code):
        waiting = stage.internet.qwen.grants.device_known_as(user_code)
        assert waiting is not None
        slower = Refuse(400, b'{"error":"slow_down"}')
        rule = stage.internet.script.add(slower, Match(key=waiting.device_code, host="chat.qwen.ai"))
        await until(lambda: rule.applied)
        told_at, polls = asyncio.get_running_loop().time(), waiting.polls
        stage.internet.approve(user_code)
        CLOCK.ahead = 1000.0
        await fails(late, "kimi", "was not used in time", "log in again")
        CLOCK.ahead = 0.0

        await hasty.shows("another name for this Qwen account")
        assert asyncio.get_running_loop().time() - told_at > 5.5
        assert waiting.polls == polls + 1
        hasty.type("ann\r")
        assert await hasty.code() == 0
    next(stage.auths.glob("qwen*")).unlink()


async def test_a_machine_that_slept_over_a_login(stage: Stage, tmp_path: Path) -> None:
    """Its loop's clock has not run meanwhile, but the wall's has: the login is over, whatever would come back."""
    slept = tmp_path / "slept"
    words = ("login", "claude", "--no-browser", "--callback-port", str(free_port()), "--config", str(stage.config))
    environment = {"PATH": os.environ["PATH"], "HOME": str(stage.folder / "home")}
    async with at_terminal((sys.executable, "-c", ASLEEP, str(slept), *words), environment) as terminal:
        await terminal.shows("paste here")
        slept.touch()
        await fails(terminal, "claude", "is over; begin another one")


async def test_a_port_that_is_taken(stage: Stage) -> None:
    """By another login: that one is not disturbed, and the later one can be ended by pasting."""
    async with begun(stage, "claude") as first:
        port = ("--callback-port", str(first.port))
        async with stage.command("login", "claude", *port) as second:
            await fails(second, "claude", f"port {first.port}", "--oauth-callback-port", "--no-browser", code=13)
            assert not stage.seen.exists()
        async with stage.command("login", "claude", *port, "--no-browser") as third:
            shown = await third.shows("paste here")
            assert f"port {first.port}" in shown
            third.type(f"{await stage.visited(next(word for word in shown.split() if 'state=' in word))}\n")
            assert await third.code() == 0
        assert (await got(await first.answer()))[0] == 200
        assert await first.terminal.code() == 0
    (stage.auths / BY_CLAUDE).unlink()


async def test_a_port_that_is_none(stage: Stage) -> None:
    """Else some other would be listened on, to which no browser comes back."""
    async with stage.command("login", "claude", "--callback-port", "99999") as terminal:
        await fails(terminal, "claude", "port 99999 cannot be listened on", "1 to 65535")
