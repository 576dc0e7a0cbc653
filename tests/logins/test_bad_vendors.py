"""Vendors that answer a login with anything but what was asked for: nothing is written, and the words fit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cliproxy.simulator.faults import HTML, CutAt, Fault, Hang, Match, Refuse, WrongType
from tests.logins.stage import Stage
from tests.logins.wanda import begun, device, fails, field, got, nothing_written

pytestmark = pytest.mark.asyncio(loop_scope="package")

MOST_AT_ONCE = 4  # logins; more only wait for the processor
EVIL = rb'{"error":{"message":"\u001b[2J<b>no</b>\u001b[31m"}}'
TOKEN_FAULTS: tuple[tuple[Fault, str, str], ...] = (
    (WrongType(), "the answer was 200 and no JSON", "check proxy-url"),
    (Refuse(502, HTML), "failed with 502", "log in again in a few minutes"),
    (Refuse(400, EVIL), "<b>no</b>", "log in again"),
    (CutAt(40), "broke off", "log in again"),
    (Hang(), "did not answer in time", "log in again"),
)


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def _others_are_untouched(stage: Stage) -> AsyncIterator[None]:
    async with nothing_written(stage):
        yield
    stage.internet.script.rules.clear()


async def test_a_token_server_in_trouble(stage: Stage) -> None:
    """A web page, a refusal, half an answer, none: the person is told, and so is the browser, without the code."""
    turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def one(fault: Fault, *words: str) -> None:
        async with turns, begun(stage, "claude") as login:
            back = await login.answer()
            code = field(back, "code")
            stage.internet.script.add(fault, Match(key=code))
            status, page = await got(back)
            assert status == 502
            assert "The login came to nothing" in page
            assert "<b>no" not in page
            await login.fails(*words)
            assert code not in login.terminal.written + page

    await asyncio.gather(*(one(*case) for case in TOKEN_FAULTS))


async def test_nobody_says_whose_account_it_is(stage: Stage) -> None:
    """The tokens are there then, but an account without a name could never be told from another: it is not kept."""
    for host, path in (("iflow.cn", "getUserInfo"), ("www.googleapis.com", "userinfo")):
        for fault in (WrongType(), CutAt(5)):
            stage.internet.script.add(fault, Match(host=host, path_contains=path))
    turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def one(provider: str) -> None:
        async with turns, begun(stage, provider) as login:
            assert (await got(await login.answer()))[0] == 502
            await login.fails("log in again")

    await asyncio.gather(*(one(provider) for provider in ("iflow", "gemini-cli") for _ in range(2)))
    assert all(rule.applied for rule in stage.internet.script.rules)


async def test_no_device_is_given_a_code(stage: Stage) -> None:
    """The same words for all vendors, each by its name."""

    async def one(provider: str, host: str, *words: str) -> None:
        stage.internet.script.add(WrongType(), Match(host=host))
        async with stage.command("login", provider, "--no-browser", *words) as terminal:
            await fails(terminal, provider, "no JSON", "check proxy-url")

    await asyncio.gather(
        one("qwen", "chat.qwen.ai"), one("kimi", "auth.kimi.com"), one("codex", "auth.openai.com", "--device")
    )


async def test_a_device_is_waited_for_through_trouble(stage: Stage) -> None:
    """Servers that stumble are asked on; what is no answer to the question ends it."""
    async with device(stage, "kimi") as (terminal, user_code):
        waiting = stage.internet.kimi.grants.device_known_as(user_code)
        assert waiting is not None
        rules = [
            stage.internet.script.add(fault, Match(key=waiting.device_code))
            for fault in (Refuse(503, HTML), WrongType())
        ]
        await fails(terminal, "kimi", "no JSON", "check proxy-url")
        assert all(rule.applied for rule in rules)
