"""One login: answered once, in time, by whoever; ended once."""

from __future__ import annotations

import asyncio

import pytest

from cliproxy.errors import LoginError
from cliproxy.login.flow import Callback, LoginKind
from cliproxy.runtime import open_login
from cliproxy.runtime.open_login import Cancelled, OpenLogin, Spent, Stage, TooLate
from cliproxy.testing.clock import HandClock
from cliproxy.wire.http import Ask
from tests.unit.runtime.logging_in import NAME, PATIENCE, Flow, logins


async def begun(flow: Flow | None = None, clock: HandClock | None = None, port: int = 0) -> OpenLogin:
    return await logins(flow or Flow(), clock=clock).begin(NAME, port=port)


async def test_an_answer_ends_it() -> None:
    """From waiting to done; the outcome is there for whoever asks later."""
    login = await begun()
    stages = [login.stage]

    running = asyncio.create_task(login.run())
    login.answer({"code": "bob"})
    stages.append(login.stage)
    saved = await running

    assert saved.first.label == "bob@acme.example"
    assert [*stages, await login.outcome(seconds=0)] == [Stage.WAITING, Stage.ENDING, Stage.DONE]
    assert login.saved == saved


async def test_a_second_answer_is_refused() -> None:
    """A browser that loads the page anew, or somebody who saw the address."""
    login = await begun()
    await login.finish({"code": "bob"})

    with pytest.raises(Spent, match="already"):
        login.answer({"code": "eve"})
    assert login.saved is not None
    assert login.saved.first.label == "bob@acme.example"


async def test_an_answer_after_its_time_is_refused() -> None:
    """By the clock, whoever waits."""
    clock = HandClock()
    login = await begun(clock=clock)
    clock.advance(PATIENCE)

    assert login.is_past(now=clock())
    with pytest.raises(TooLate, match="begin another"):
        login.answer({"code": "bob"})


async def test_whoever_waits_is_told_when_the_time_is_over() -> None:
    """And an answer that comes then is refused for the same reason."""
    clock = HandClock()
    login = await begun(clock=clock)
    clock.advance(PATIENCE)

    with pytest.raises(TooLate):
        await login.run()
    assert login.stage is Stage.FAILED
    with pytest.raises(TooLate):
        login.answer({"code": "bob"})


async def test_a_machine_that_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop's own time stands still meanwhile; the vendor's does not."""
    monkeypatch.setattr(open_login, "LONGEST_NAP", 0.01)
    clock = HandClock()
    login = await begun(clock=clock)
    running = asyncio.create_task(login.run())
    await asyncio.sleep(0.02)
    clock.advance(PATIENCE)

    with pytest.raises(TooLate):
        await asyncio.wait_for(running, 5)


async def test_one_that_is_given_up() -> None:
    """Whoever runs it leaves, and nothing is taken any more."""
    login = await begun()
    running = asyncio.create_task(login.run())
    await asyncio.sleep(0)
    login.cancel()

    with pytest.raises(Cancelled):
        await running
    with pytest.raises(Cancelled):
        login.answer({"code": "bob"})
    assert await login.outcome(seconds=0) is Stage.FAILED


async def test_one_whose_runner_is_cancelled_is_over_too() -> None:
    """Ctrl-C while the vendor is asked: nobody may wait for it for ever."""
    login = await begun(Flow(waits=60))
    running = asyncio.create_task(login.run())
    login.answer({"code": "bob"})
    await asyncio.sleep(0)
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert await login.outcome(seconds=0) is Stage.FAILED
    assert login.saved is None


async def test_what_the_vendor_refused_is_kept() -> None:
    """A page that comes later can say why."""
    login = await begun()
    with pytest.raises(LoginError, match="not allowed"):
        await login.finish({"error": "access_denied"})

    assert login.stage is Stage.FAILED
    assert "not allowed" in str(login.error)


async def test_a_code_that_is_typed_elsewhere_needs_no_answer() -> None:
    """The vendor is asked until it knows."""
    login = await begun(Flow(LoginKind.DEVICE))

    assert not login.needs_answer
    assert (await login.run()).first.label == "ann@acme.example"


async def test_questions_go_to_whoever_runs_it() -> None:
    """Such as which project it shall be."""

    async def ask(ask: Ask) -> str:
        return ask.choices[1]

    login = await begun(Flow(asks=Ask("Which?", ("one", "two"))))

    assert (await login.finish({"code": "bob"}, ask=ask)).first.details["alias"] == "two"


async def test_where_to_listen() -> None:
    """At the vendor's port, unless somebody asked for another; nowhere, where nobody comes back."""
    callback = Callback(54545, "/callback", is_fixed=True)

    assert (await begun(Flow(callback=callback))).port == 54545
    assert (await begun(Flow(callback=callback), port=7000)).port == 7000
    assert (await begun(Flow(LoginKind.DEVICE))).port == 0


async def test_it_does_not_show_its_state() -> None:
    """Whoever has it could answer."""
    login = await begun()

    assert login.id not in repr(login)
