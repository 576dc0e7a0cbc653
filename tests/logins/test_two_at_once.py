"""
Logins that meet: each other, a refresh of the same account, and the operator's editor.

Whoever comes first, there is one file of the account, it is whole, and its tokens are those of one login.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from cliproxy.simulator.faults import Delay, Match
from tests.logins.stage import Stage
from tests.logins.wanda import begun, device, field, files, got, nothing_written, until
from tests.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="package")

ROUNDS = 20
BY_CLAUDE = "claude-ann@example.com.json"
SONNET = "claude-sonnet-4-5-20250929"
AGAIN = """
import sys
from pathlib import Path
from cliproxy.cli.login import Wish, login
for _ in range(int(sys.argv[3])):
    login(Wish(provider="claude", opens_browser=False, port=int(sys.argv[2]), config=Path(sys.argv[1]), as_json=True))
    sys.stdout.flush()
"""  # as a shell's loop would, without starting Python each time


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def _others_are_untouched(stage: Stage) -> AsyncIterator[None]:
    async with nothing_written(stage):
        yield
    stage.internet.script.rules.clear()


@dataclass
class Loop:
    """A process that logs in again and again, before a script."""

    process: asyncio.subprocess.Process
    port: int

    async def led(self, stage: Stage) -> str:
        """Consent to the next login, and return where the browser is led."""
        assert self.process.stderr is not None
        said = line = b""
        while b"state=" not in line:
            line = await self.process.stderr.readline()
            said += line
            assert line, f"it has ended: {said!r}"
            assert b"login failed" not in line, said
        return (await stage.visited(line.decode().strip())).replace("54545", str(self.port))

    async def came_to(self) -> dict[str, Any]:
        """Return what the process says of its login."""
        assert self.process.stdout is not None
        said: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return said


@asynccontextmanager
async def looping(stage: Stage, rounds: int) -> AsyncIterator[Loop]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", AGAIN, str(stage.config), str(port), str(rounds)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Loop(process, port)
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_two_processes_log_in_to_one_account(stage: Stage) -> None:
    """At the same moment, every other time with no file there before. Both say what happened, and one has won."""
    file = stage.auths / BY_CLAUDE
    async with looping(stage, ROUNDS) as one, looping(stage, ROUNDS) as other, asyncio.timeout(40):
        for round_ in range(ROUNDS):
            is_new = round_ % 2 == 0
            if is_new:
                file.unlink(missing_ok=True)
            backs = await asyncio.gather(one.led(stage), other.led(stage))
            pages = await asyncio.gather(*map(got, backs))
            said = await asyncio.gather(one.came_to(), other.came_to())

            assert [status for status, _ in pages] == [200, 200]
            assert all(one_said["ok"] and one_said["file"] == str(file) for one_said in said)
            assert sorted(one_said["replaced"] for one_said in said) == [not is_new, True]
            assert [name for name in files(stage) if "ann" in name] == [BY_CLAUDE]
            fields = json.loads(file.read_bytes())
            found = stage.internet.claude.grants.find(fields["access_token"])
            assert found is not None
            assert found.refresh_token == fields["refresh_token"]
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink()


async def test_two_vendors_at_once(stage: Stage) -> None:
    """Beside one that is given up: neither notices the other."""
    async with begun(stage, "claude") as browser, device(stage, "kimi") as (terminal, user_code):
        async with begun(stage, "gemini-cli") as third:
            third.terminal.interrupt()
            assert await third.terminal.code() == 130
        stage.internet.approve(user_code)
        assert (await got(await browser.answer()))[0] == 200
        assert await browser.terminal.code() == 0
        assert await terminal.code() == 0
    kimi = next(stage.auths.glob("kimi-*"))
    assert {name for name in files(stage) if "wanda" not in name} == {BY_CLAUDE, kimi.name}
    kimi.unlink()
    (stage.auths / BY_CLAUDE).unlink()


async def logged_in(stage: Stage, *, replaced: bool) -> None:
    """Log in to Claude as Ann."""
    async with begun(stage, "claude") as login:
        assert (await got(await login.answer()))[0] == 200
        assert await login.terminal.code() == 0, login.terminal.written
        assert ("again" in login.terminal.written.partition("Logged in;")[2]) is replaced


def tokens(stage: Stage) -> tuple[str, str]:
    fields = json.loads((stage.auths / BY_CLAUDE).read_bytes())
    return fields["access_token"], fields["refresh_token"]


async def asked(stage: Stage) -> int:
    status, _ = await stage.ask(
        "/v1/messages", {"model": SONNET, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    )
    return status


async def test_a_login_while_the_gateway_refreshes_the_account(stage: Stage) -> None:
    """The refresh is let come to its end, for its token is spent; then the login's tokens replace what it brought."""
    await logged_in(stage, replaced=False)
    await stage.offers(SONNET)
    _, spent = tokens(stage)
    stage.internet.expire("claude", "ann@example.com")
    rule = stage.internet.script.add(Delay(1.0), Match(key=spent))
    request = asyncio.create_task(asked(stage))
    await until(lambda: rule.applied)
    await logged_in(stage, replaced=True)

    assert await request == 200
    books = stage.internet.claude.grants
    access, refresh = tokens(stage)
    assert books.exchanged[spent] == 1
    assert books.family_of(refresh) != books.family_of(spent)
    assert books.find(access) is not None
    assert not [name for name in files(stage) if "refresh" in name]
    before = len(stage.internet.calls)
    async with asyncio.timeout(10):
        while access not in {_bearer(call.headers) for call in list(stage.internet.calls)[before:]}:
            assert await asked(stage) == 200
    assert books.presented[refresh] == 0
    (stage.auths / BY_CLAUDE).unlink()


def _bearer(headers: Any) -> str:
    return str(headers.get("authorization", "")).removeprefix("Bearer ")


async def test_a_login_of_an_account_that_the_vendor_took_back(stage: Stage) -> None:
    """The gateway has given it up by then, and takes the new tokens without a restart."""
    await logged_in(stage, replaced=False)
    await stage.offers(SONNET)
    assert await asked(stage) == 200
    stage.internet.revoke("claude", "ann@example.com")
    assert await asked(stage) in (401, 503)
    await until(lambda: "account must log in again" in stage.log)
    await logged_in(stage, replaced=True)

    async with asyncio.timeout(10):
        while await asked(stage) != 200:
            await asyncio.sleep(0.05)
    (stage.auths / BY_CLAUDE).unlink()


async def test_the_operator_edits_the_file_meanwhile(stage: Stage) -> None:
    """What he wrote while the code was exchanged stays, and so does how he wrote it."""
    await logged_in(stage, replaced=False)
    before, file = tokens(stage), stage.auths / BY_CLAUDE
    async with begun(stage, "claude") as login:
        back = await login.answer()
        rule = stage.internet.script.add(Delay(0.7), Match(key=field(back, "code")))
        page = asyncio.create_task(got(back))
        await until(lambda: rule.applied)
        file.write_text(file.read_text().replace("{", '{\n    "priority": 7,\n    "note": "mine",', 1))
        assert (await page)[0] == 200
        assert await login.terminal.code() == 0

    assert file.read_text().startswith('{\n    "priority": 7,\n    "note": "mine",\n')
    assert tokens(stage) != before
    assert stage.internet.claude.grants.find(tokens(stage)[0]) is not None
    file.unlink()


async def test_the_operator_takes_the_file_away_meanwhile(stage: Stage) -> None:
    """Then it is written anew."""
    await logged_in(stage, replaced=False)
    async with begun(stage, "claude") as login:
        back = await login.answer()
        rule = stage.internet.script.add(Delay(0.5), Match(key=field(back, "code")))
        page = asyncio.create_task(got(back))
        await until(lambda: rule.applied)
        (stage.auths / BY_CLAUDE).unlink()
        assert (await page)[0] == 200
        assert await login.terminal.code() == 0

    assert stage.internet.claude.grants.find(tokens(stage)[0]) is not None
    (stage.auths / BY_CLAUDE).unlink()
