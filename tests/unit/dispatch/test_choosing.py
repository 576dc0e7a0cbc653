"""Whom one exchange asks next, round after round, and when it gives up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from cliproxy.access.principal import Principal
from cliproxy.credentials.credential import Candidate, Credential, Quota, Secret
from cliproxy.credentials.pool import CredentialPool, Policy
from cliproxy.dialects.base import Operation, RequestHead
from cliproxy.dialects.openai_chat import DIALECT
from cliproxy.dispatch.choosing import Choice, Persistence
from cliproxy.dispatch.exchange import Exchange
from cliproxy.dispatch.explain import Explanation
from cliproxy.dispatch.line import Lines, Patience
from cliproxy.errors import Failure, FailureKind, NoCredentialReady, UpstreamError
from cliproxy.routing.plan import Plan
from cliproxy.testing.clock import HandClock

A, B, C = (Candidate(name, "m") for name in "abc")
PREVIEW = Candidate("a", "m-preview")
LIMITED = Failure(FailureKind.RATE_LIMITED, 429, "slow down")
BROKEN = Failure(FailureKind.SERVER_ERROR, 500, "oops")
MISSING = Failure(FailureKind.NO_SUCH_MODEL, 404, "no such model")


def spent(until: float, scope: str = "model") -> Failure:
    return Failure(FailureKind.QUOTA_SPENT, 429, "used up", rests_until=until, scope=scope)


@dataclass
class Scene:
    """A pool, and exchanges that choose from it."""

    pool: CredentialPool
    clock: HandClock = field(default_factory=HandClock)
    persistence: Persistence = field(default_factory=Persistence)
    candidates: tuple[Candidate, ...] = (A, B)
    fallback: tuple[Candidate, ...] = ()

    def __post_init__(self) -> None:
        self.lines = Lines(Patience(10, 5.0))

    def choice(self, *, stream: bool = False) -> Choice:
        plan = Plan("m", "m", self.candidates, {}, fallback=self.fallback)
        exchange = Exchange(
            "e", DIALECT, Operation.GENERATE, RequestHead("m", stream), b"{}", {}, Principal("client"), plan
        )
        self.explanation = Explanation("e", self.clock(), "m", "openai_chat", "client", len(self.candidates))
        return Choice(
            exchange,
            self.candidates,
            self.explanation,
            pool=self.pool,
            lines=self.lines,
            clock=self.clock,
            sleep=self.clock.sleep,
            persistence=self.persistence,
        )

    async def refused(self, choice: Choice, failure: Failure) -> Candidate:
        """Choose, and be refused."""
        candidate = await choice.next()
        self.pool.failed(candidate, failure, now=self.clock())
        choice.refused(candidate, failure)
        return candidate


def credentials(names: str = "ab", **fields: object) -> list[Credential]:
    return [Credential(name, "openai", Secret(f"k{name}"), handle=f"handle-{name}", **fields) for name in names]  # type: ignore[arg-type]


async def test_each_is_asked_once_in_a_round() -> None:
    scene = Scene(CredentialPool(credentials()), persistence=Persistence(rounds=0))
    choice = scene.choice()
    assert [await scene.refused(choice, BROKEN), await scene.refused(choice, BROKEN)] == [A, B]
    with pytest.raises(UpstreamError) as error:
        await choice.next()
    assert error.value.failure is BROKEN


async def test_a_round_is_bounded() -> None:
    scene = Scene(CredentialPool(credentials()), persistence=Persistence(rounds=0, credentials=1))
    choice = scene.choice()
    await scene.refused(choice, BROKEN)
    with pytest.raises(UpstreamError):
        await choice.next()


async def test_another_round_begins_when_the_first_rest_ends() -> None:
    scene = Scene(CredentialPool(credentials()), persistence=Persistence(rounds=1))
    choice = scene.choice()
    for _ in range(2):
        await scene.refused(choice, BROKEN)
    assert await scene.refused(choice, BROKEN) == A
    assert scene.clock.slept == [1.0]


@pytest.mark.parametrize(("persistence", "stream"), [(Persistence(0), False), (Persistence(5, 0, 0.5), False)])
async def test_who_is_not_to_wait_gets_the_last_refusal(persistence: Persistence, *, stream: bool) -> None:
    scene = Scene(CredentialPool(credentials()), persistence=persistence)
    choice = scene.choice(stream=stream)
    for _ in range(2):
        await scene.refused(choice, LIMITED)
    with pytest.raises(UpstreamError) as error:
        await choice.next()
    assert error.value.status == 429
    assert error.value.retry_after == 1
    assert not scene.clock.slept


async def test_a_stream_has_rounds_of_its_own() -> None:
    scene = Scene(CredentialPool(credentials("a")), persistence=Persistence(0, stream_rounds=1), candidates=(A,))
    choice = scene.choice(stream=True)
    await scene.refused(choice, BROKEN)
    assert await choice.next() == A


async def test_an_account_has_its_own_word_on_rounds() -> None:
    scene = Scene(CredentialPool(credentials("a", rounds=1)), persistence=Persistence(0), candidates=(A,))
    choice = scene.choice()
    await scene.refused(choice, BROKEN)
    assert await choice.next() == A


async def test_nobody_ready_says_who_rests_until_when_and_no_more() -> None:
    scene = Scene(CredentialPool(credentials()))
    now = scene.clock()
    for candidate, until in ((A, now + 600), (B, now + 900)):
        scene.pool.pick([candidate], now=now)
        scene.pool.failed(candidate, spent(until), now=now)
    with pytest.raises(NoCredentialReady) as error:
        await scene.choice().next()
    assert error.value.status == 429
    assert error.value.retry_after == 600
    assert "handle-a resting for 600 s (quota spent, model); handle-b resting for 900 s" in error.value.message


async def test_nobody_at_all_is_no_quota() -> None:
    scene = Scene(CredentialPool([]))
    with pytest.raises(NoCredentialReady) as error:
        await scene.choice().next()
    assert error.value.status == 503


async def test_who_finds_everybody_full_waits_for_a_place() -> None:
    scene = Scene(CredentialPool(credentials("a"), Policy(concurrent=1)), candidates=(A,))
    assert await scene.choice().next() == A
    choice = scene.choice()
    second = asyncio.create_task(choice.next())
    await asyncio.sleep(0)
    assert not second.done()
    scene.pool.succeeded(A, now=scene.clock())
    scene.lines.freed()
    assert await second == A
    assert "for a place" in str(scene.explanation)


async def test_who_got_a_place_at_an_account_that_is_removed_at_that_moment_chooses_again() -> None:
    scene = Scene(CredentialPool(credentials(), Policy(concurrent=1)), persistence=Persistence(rounds=0))
    assert [await scene.choice().next(), await scene.choice().next()] == [A, B]
    third = asyncio.create_task(scene.choice().next())
    await asyncio.sleep(0)
    scene.pool.succeeded(A, now=scene.clock())
    scene.lines.freed()
    scene.pool.replace(credentials("b"), Policy(concurrent=1))
    await asyncio.sleep(0.01)
    assert not third.done()
    scene.pool.succeeded(B, now=scene.clock())
    scene.lines.freed()
    assert await third == B
    assert scene.pool.in_flight("b") == 1


async def test_one_request_tests_who_has_rested_and_the_others_wait() -> None:
    scene = Scene(CredentialPool(credentials("a")), candidates=(A,), persistence=Persistence(0))
    await scene.refused(scene.choice(), spent(scene.clock() + 600))
    scene.clock.advance(601)
    test = await scene.choice().next()
    others = [asyncio.create_task(scene.choice().next()) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(other.done() for other in others)
    scene.pool.answered(test, now=scene.clock())
    for _ in others:
        scene.lines.freed()
    assert await asyncio.gather(*others) == [A, A, A]


async def test_previews_are_asked_where_everybody_is_out_of_quota() -> None:
    scene = Scene(CredentialPool(credentials()), fallback=(PREVIEW,))
    choice = scene.choice()
    for _ in range(2):
        await scene.refused(choice, spent(scene.clock() + 600))
    assert await choice.next() == PREVIEW


@pytest.mark.parametrize(
    ("failure", "persistence"),
    [(MISSING, Persistence(0)), (spent(1_800_000_600.0), Persistence(0, switches_model=False))],
)
async def test_previews_are_not_asked_for_another_reason_or_against_the_operator_s_wish(
    failure: Failure, persistence: Persistence
) -> None:
    scene = Scene(CredentialPool(credentials()), persistence=persistence, fallback=(PREVIEW,))
    choice = scene.choice()
    for _ in range(2):
        await scene.refused(choice, failure)
    with pytest.raises(UpstreamError):
        await choice.next()


@pytest.mark.parametrize("switches", [True, False])
async def test_the_other_projects_of_an_account_are_asked_if_that_is_wanted(*, switches: bool) -> None:
    accounts = [
        Credential(name, "gemini-cli", Secret("t"), document="auths/one.json", project=f"p-{name}") for name in "ab"
    ] + [Credential("c", "gemini-cli", Secret("u"), document="auths/two.json", project="p-c")]
    scene = Scene(CredentialPool(accounts), candidates=(A, B, C), persistence=Persistence(0, switches_project=switches))
    choice = scene.choice()
    assert await scene.refused(choice, spent(scene.clock() + 600, "project")) == A
    assert await choice.next() == (B if switches else C)


async def test_a_quota_of_one_s_own_that_is_used_up_is_told_as_quota() -> None:
    scene = Scene(CredentialPool(credentials("a", quota=Quota(10))), candidates=(A,))
    candidate = await scene.choice().next()
    scene.pool.succeeded(candidate, now=scene.clock(), tokens=11)
    with pytest.raises(NoCredentialReady) as error:
        await scene.choice().next()
    assert error.value.status == 429
    assert "handle-a quota used up" in error.value.message


async def test_again_asks_the_same_one_even_if_another_has_its_turn() -> None:
    scene = Scene(CredentialPool(credentials()))
    choice = scene.choice()
    first = await choice.next()
    scene.pool.abandoned(first, now=scene.clock())
    choice.again(first)
    assert await choice.next() == first
