"""Several logins at once: each answer finds its own, and none stays open for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.flow import Client, LoginKind, LoginSession, NewAccount
from cliproxy.runtime.logins import KEPT, MOST_LOGINS, NoSuchLogin, Unknown
from cliproxy.runtime.open_login import Spent
from cliproxy.simulator.answer import Answer, Pause, Request
from cliproxy.stores.base import AUTHS
from cliproxy.stores.memory import MemoryStore
from cliproxy.testing.clock import HandClock
from cliproxy.testing.loop import run
from cliproxy.wire.http import HttpRequest, Steps, fetched
from tests.unit.runtime.logging_in import NAME, PATIENCE, Flow, logins


async def test_what_a_login_begins_with() -> None:
    """The person's words, the operator's client, and chance that is not used twice."""
    flow = Flow()
    all_logins = logins(flow)
    all_logins.clients = {NAME: Client("ours", Secret("hush"))}

    await all_logins.begin(NAME, options={"project": "p1"}, port=7000)
    await all_logins.begin(NAME)

    first, second = flow.starts
    assert (first.client, first.options, first.port) == (Client("ours", Secret("hush")), {"project": "p1"}, 7000)
    assert len(first.entropy) == 128
    assert first.entropy != second.entropy


async def test_answers_find_their_logins_in_any_order() -> None:
    """Twenty people at once; each gets his own account."""
    store = MemoryStore()
    all_logins = logins(Flow(), store=store)
    opened = [await all_logins.begin(NAME) for _ in range(20)]
    running = [asyncio.create_task(login.run()) for login in opened]

    for number, login in reversed(list(enumerate(opened))):
        assert all_logins.answered(login.session.state, {"code": f"p{number}"}, provider=NAME) is login
    saved = await asyncio.gather(*running)

    assert [one.first.label for one in saved] == [f"p{number}@acme.example" for number in range(20)]
    assert len(await store.list(AUTHS)) == 20


async def test_an_answer_without_a_login_is_refused() -> None:
    """An invented state, none at all, another vendor's, one that belongs to a code typed elsewhere."""
    all_logins = logins(Flow(), Flow(LoginKind.DEVICE))
    login = await all_logins.begin(NAME)
    device = await all_logins.begin(NAME, LoginKind.DEVICE)

    for state, provider in (("invented", ""), ("", ""), (login.id, "globex"), (device.id, "")):
        with pytest.raises(Unknown, match="another login"):
            all_logins.answered(state, {"code": "x"}, provider=provider)
    assert all_logins.answered(login.id, {"code": "x"}) is login
    with pytest.raises(Spent):
        all_logins.answered(login.id, {"code": "y"})


@pytest.mark.parametrize(
    ("provider", "kind", "told"),
    [("globex", None, "accounts are had at these: acme"), (NAME, LoginKind.COOKIE, "it has these: browser, device")],
)
async def test_a_login_that_is_not_there(provider: str, kind: LoginKind | None, told: str) -> None:
    """What there is, is said."""
    with pytest.raises(NoSuchLogin, match=told):
        await logins(Flow(), Flow(LoginKind.DEVICE)).begin(provider, kind)


async def test_so_many_and_no_more() -> None:
    """Those that are over make room; after their time all do."""
    clock = HandClock()
    all_logins = logins(Flow(), clock=clock)
    opened = [await all_logins.begin(NAME) for _ in range(MOST_LOGINS)]
    with pytest.raises(LoginError, match="are open"):
        await all_logins.begin(NAME)

    await opened[3].finish({"code": "bob"})
    await all_logins.begin(NAME)
    with pytest.raises(Unknown):
        all_logins.get(opened[3].id)

    clock.advance(PATIENCE + KEPT)
    await all_logins.begin(NAME)
    with pytest.raises(Unknown):
        all_logins.get(opened[0].id)


async def test_one_that_is_forgotten_takes_no_answer() -> None:
    """It was given up."""
    all_logins = logins(Flow())
    login = await all_logins.begin(NAME)
    all_logins.forget(login)

    with pytest.raises(Unknown):
        all_logins.answered(login.id, {"code": "x"})


async def test_a_vendor_that_cannot_be_reached() -> None:
    """Is named, with what to look at; no token and no code is."""
    flow = Flow(calls=HttpRequest("POST", "https://gone.example/token?code=hush", (), b"hush"))
    login = await logins(flow).begin(NAME)

    with pytest.raises(LoginError, match=r"acme: .*gone\.example.*proxy-url") as told:
        await login.finish({"code": "bob"})
    assert "hush" not in str(told.value)


def test_a_vendor_is_asked_as_long_as_the_login_lasts() -> None:
    """Who types his code in the last minute is let in, however slowly the vendor answered before."""

    class Slow(Flow):
        def finish(self, session: LoginSession, answer: Mapping[str, str], *, now: float) -> Steps[NewAccount]:
            for _ in range(4):
                yield from fetched(HttpRequest("POST", "https://slow.example/token", (), b""))
            return (yield from super().finish(session, answer, now=now))

    def slowly(request: Request) -> Answer:
        return Answer(200, {}, (Pause(200.0), b"{}"))

    async def login() -> str:
        flow = Slow(LoginKind.DEVICE, patience=900.0)
        return (await (await logins(flow, hosts={"slow.example": slowly}).begin(NAME)).run()).account

    assert run(login(), seed=0) == "ann@acme.example"


async def test_those_whose_vendor_has_not_answered_yet_count_too() -> None:
    """However many are begun at once."""
    all_logins = logins(Flow(begins_after=1.0))
    begun = await asyncio.gather(*(all_logins.begin(NAME) for _ in range(MOST_LOGINS + 5)), return_exceptions=True)

    assert sum(isinstance(one, LoginError) for one in begun) == 5
    with pytest.raises(LoginError, match="are open"):
        await all_logins.begin(NAME)
